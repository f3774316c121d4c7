import type { CdpMessage } from './message.ts'
import { type TargetInfo, isBrowserInterface } from './targets.ts'
import { WithheldTargets } from './withheld-targets.ts'

/** What becomes of an event. */
export interface Judgement {
  /** What the client gets in its place. */
  deliver: CdpMessage[]
  /** Whether the session that it announces is to be given back to Chromium. */
  detach?: boolean
}

export interface TargetViewOptions {
  /** Whether a browser context is another client's. */
  isForeign: (browserContextId: string) => boolean
  /** Targets that do not answer at the moment. */
  unresponsive: string[]
}

const nothing: Judgement = { deliver: [] }

/**
 * What one client gets to see of the browser's targets. Hidden from it are
 *
 * - the browser's own interface;
 * - pages in contexts of other clients, which clients such as Playwright would
 *   take for pages of the default context;
 * - pages that did not answer when it came, with their tabs, frames and workers,
 *   until they do: for the client they are opened then.
 *
 * A client that attaches to a target by its id gets it in any case.
 */
export class TargetView {
  readonly #rootSessionId: string
  readonly #isForeign: (browserContextId: string) => boolean
  readonly #withheld: WithheldTargets
  /** Sessions that Chromium opened for the client, and that it is not to have. */
  readonly #unwanted = new Set<string>()
  /** Sessions and targets that the client is about to attach through and to. */
  readonly #wanted: string[] = []

  constructor(rootSessionId: string, { isForeign, unresponsive }: TargetViewOptions) {
    this.#rootSessionId = rootSessionId
    this.#isForeign = isForeign
    this.#withheld = new WithheldTargets(unresponsive)
  }

  /** How many pages and frames are hidden because they do not answer. */
  get unresponsive(): number {
    return this.#withheld.unresponsive
  }

  /**
   * Learns from a command of the client and its answer.
   *
   * @returns What to do with the answer in place of `settle`.
   */
  observe(
    { method, params, sessionId = this.#rootSessionId }: CdpMessage,
    settle: (answer: CdpMessage) => void,
  ): (answer: CdpMessage) => void {
    if (method === 'Target.getTargets') return (answer) => settle(this.#withoutHidden(answer))
    const targetId = params?.['targetId']
    if (method !== 'Target.attachToTarget' || typeof targetId !== 'string') return settle
    const wanted = wish(sessionId, targetId)
    this.#wanted.push(wanted)
    return (answer) => {
      this.#wanted.splice(this.#wanted.indexOf(wanted), 1)
      settle(answer)
    }
  }

  /** Decides about an event from one of the client's sessions. */
  take(message: CdpMessage): Judgement {
    const asItIs = { deliver: [message] }
    const { method, params } = message
    if (method?.startsWith('Target.') !== true) return asItIs
    const info = params?.['targetInfo'] as TargetInfo | undefined
    if (info) {
      if (method === 'Target.attachedToTarget') return this.#takeSession(message, info)
      if (this.#isHidden(info)) return nothing
      return this.#withheld.takeNews(message, info) ? nothing : asItIs
    }
    if (method === 'Target.detachedFromTarget') {
      const child = String(params?.['sessionId'])
      return this.#unwanted.delete(child) || this.#withheld.dropSession(child) ? nothing : asItIs
    }
    if (method === 'Target.targetDestroyed') {
      return this.#withheld.dropTarget(String(params?.['targetId'])) ? nothing : asItIs
    }
    return asItIs
  }

  /** The messages that make what waited for a target known to the client, now that it answers. */
  release(targetId: string): CdpMessage[] {
    return this.#withheld.release(targetId)
  }

  #takeSession(message: CdpMessage, info: TargetInfo): Judgement {
    const { sessionId = this.#rootSessionId, params } = message
    if (this.#wanted.includes(wish(sessionId, info.targetId))) return { deliver: [message] }
    const instead = this.#withheld.takeSession(message, info)
    if (instead) return { deliver: instead }
    // What belongs to a page that the client has attached to is the client's as well.
    const own = sessionId !== this.#rootSessionId
    if (own ? !isBrowserInterface(info) : !this.#isHidden(info)) return { deliver: [message] }
    this.#unwanted.add(String(params?.['sessionId']))
    return { deliver: [], detach: true }
  }

  #isHidden(info: TargetInfo): boolean {
    return isBrowserInterface(info) || this.#isForeign(info.browserContextId ?? '')
  }

  #withoutHidden(answer: CdpMessage): CdpMessage {
    const { targetInfos } = (answer.result ?? {}) as { targetInfos?: TargetInfo[] }
    if (!targetInfos) return answer
    const visible = targetInfos.filter(
      (info) => !isBrowserInterface(info) && !this.#withheld.has(info),
    )
    return { ...answer, result: { ...answer.result, targetInfos: visible } }
  }
}

function wish(sessionId: string, targetId: string): string {
  return `${sessionId} ${targetId}`
}
