/** A message of the Chrome DevTools Protocol, in either direction. */
export interface CdpMessage {
  id?: number
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { code: number; message: string; data?: string }
  sessionId?: string
}

/**
 * The text of a message; undefined when it is nested too deeply to be written,
 * or would be longer than a string can be: numbers such as `1e20` are written
 * out, so that text may grow on its way.
 */
export function serialize(message: object): string | undefined {
  try {
    return JSON.stringify(message)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Codes of JSON-RPC that the protocol uses, and one of ours. */
export const cdpErrorCode = {
  invalidRequest: -32600,
  serverError: -32000,
  sessionNotFound: -32001,
  /** Marks a refusal of the policy, so that clients can tell it from Chromium's own errors. */
  refused: -32090,
} as const
