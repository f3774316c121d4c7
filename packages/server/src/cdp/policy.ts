import type { CdpMessage } from './message.ts'

/**
 * What the server does with a client's command instead of passing it on
 * unchanged.
 */
export type PolicyAction =
  /** Answered here; Chromium never sees it. The client is disconnected afterwards. */
  | { kind: 'disconnect' }
  /** Refused with a sentence that says why and what to do. */
  | { kind: 'refuse'; reason: string }
  /** Passed on with other parameters. */
  | {
      kind: 'rewrite'
      parameters: (parameters: Record<string, unknown>) => Record<string, unknown>
    }

/**
 * The commands that are not passed on as they come. Everything else is: a
 * client may do with its session's browser what it likes.
 */
export const policy: Readonly<Record<string, PolicyAction>> = {
  // Clients send it by habit when they are done; the session is not theirs alone.
  'Browser.close': { kind: 'disconnect' },
  'Browser.crash': { kind: 'refuse', reason: 'It would end the session for every client.' },
  'Browser.crashGpuProcess': {
    kind: 'refuse',
    reason: 'It would disturb the session for every client.',
  },
  // A nested protocol stream would pass this table by.
  'Target.sendMessageToTarget': {
    kind: 'refuse',
    reason: 'Attach with { flatten: true } and send the command with the sessionId instead.',
  },
  'Target.exposeDevToolsProtocol': {
    kind: 'refuse',
    reason: 'It would give the page the whole browser.',
  },
  'Target.setRemoteLocations': {
    kind: 'refuse',
    reason: 'Connect to the cdpUrl of another session instead.',
  },
  // What a client made goes when it goes, so that a lost connection leaks no pages.
  'Target.createBrowserContext': {
    kind: 'rewrite',
    parameters: (parameters) => ({ ...parameters, disposeOnDetach: true }),
  },
}

/** Marks a refusal, so that clients can tell it from Chromium's own errors. */
export const refusalCode = -32090

/** The error that a refused command is answered with. */
export function refusal(message: CdpMessage, reason: string): CdpMessage {
  return {
    ...(message.id === undefined ? {} : { id: message.id }),
    ...(message.sessionId === undefined ? {} : { sessionId: message.sessionId }),
    error: { code: refusalCode, message: `${message.method} is not allowed here. ${reason}` },
  }
}
