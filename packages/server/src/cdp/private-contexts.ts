import type { CdpClient } from './client.ts'
import type { CdpMessage } from './message.ts'

interface TargetInfo {
  targetId?: string
  browserContextId?: string
}

/**
 * Keeps the browser contexts that a client made from the eyes of the others.
 *
 * Chromium tells every client of every target, and clients such as Playwright
 * take a page of a context that they do not know for one of the default
 * context. Only the default context is shared; a client that wants another's
 * page has to attach to it by its id.
 */
export class PrivateContexts {
  readonly #makers = new Map<string, CdpClient>()
  /** Sessions that Chromium opened for clients which are not to have them. */
  readonly #hidden = new Set<string>()
  /** Targets that a client is about to attach to of its own accord. */
  readonly #wanted = new Map<CdpClient, string[]>()

  /**
   * Learns from a client's command and its answer.
   *
   * @returns What to do with the answer in place of `settle`.
   */
  observe(
    client: CdpClient,
    { method, params }: CdpMessage,
    settle: (answer: CdpMessage) => void,
  ): (answer: CdpMessage) => void {
    if (method === 'Target.createBrowserContext') {
      return (answer) => {
        const id = answer.result?.['browserContextId']
        if (typeof id === 'string') this.#makers.set(id, client)
        settle(answer)
      }
    }
    const targetId = params?.['targetId']
    if (method === 'Target.attachToTarget' && typeof targetId === 'string') {
      const wanted = this.#wanted.get(client) ?? []
      this.#wanted.set(client, wanted)
      wanted.push(targetId)
      return (answer) => {
        wanted.splice(wanted.indexOf(targetId), 1)
        settle(answer)
      }
    }
    return settle
  }

  /**
   * Whether an event is not for that client. A session that it announces is to
   * be detached then.
   */
  hides(client: CdpClient, { method, params, sessionId }: CdpMessage): boolean {
    const child = params?.['sessionId']
    if (method === 'Target.detachedFromTarget') return this.#hidden.delete(String(child))
    const info = params?.['targetInfo'] as TargetInfo | undefined
    const maker = this.#makers.get(info?.browserContextId ?? '')
    if (!maker || maker === client) return false
    if (method === 'Target.targetCreated' || method === 'Target.targetInfoChanged') return true
    if (method !== 'Target.attachedToTarget') return false
    // What belongs to a page that the client has attached to is the client's as well.
    if (sessionId !== client.sessionId) return false
    if (this.#wanted.get(client)?.includes(info?.targetId ?? '')) return false
    this.#hidden.add(String(child))
    return true
  }

  /** Whether only one client is to see the pages of a context. */
  isPrivate(contextId: string): boolean {
    return this.#makers.has(contextId)
  }

  /** Chromium disposes of a client's contexts with the client. */
  forget(client: CdpClient): void {
    this.#wanted.delete(client)
    for (const [id, maker] of this.#makers) {
      if (maker === client) this.#makers.delete(id)
    }
  }
}
