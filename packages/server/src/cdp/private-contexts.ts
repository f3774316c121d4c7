import type { CdpMessage } from './message.ts'

/** Knows which client made which browser context. Those of no client are everybody's. */
export class PrivateContexts<Client> {
  readonly #makers = new Map<string, Client>()

  /**
   * Learns from a client's command and its answer.
   *
   * @returns What to do with the answer in place of `settle`.
   */
  observe(
    client: Client,
    { method }: CdpMessage,
    settle: (answer: CdpMessage) => void,
  ): (answer: CdpMessage) => void {
    if (method !== 'Target.createBrowserContext') return settle
    return (answer) => {
      const id = answer.result?.['browserContextId']
      if (typeof id === 'string') this.#makers.set(id, client)
      settle(answer)
    }
  }

  /** Whether a context is another client's. */
  isForeign(browserContextId: string, client: Client): boolean {
    const maker = this.#makers.get(browserContextId)
    return maker !== undefined && maker !== client
  }

  /** Whether only one client is to see the pages of a context. */
  isPrivate(contextId: string): boolean {
    return this.#makers.has(contextId)
  }

  /** Chromium disposes of a client's contexts with the client. */
  forget(client: Client): void {
    for (const [id, maker] of this.#makers) {
      if (maker === client) this.#makers.delete(id)
    }
  }
}
