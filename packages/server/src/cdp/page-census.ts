import type { CdpMessage } from './message.ts'

interface TargetInfo {
  targetId: string
  type: string
  browserContextId?: string
}

/** Keeps count of the browser's pages, as its events tell of them. */
export class PageCensus {
  /** The context of each page, by the page's target. */
  readonly #contexts = new Map<string, string>()

  observe({ method, params }: CdpMessage): void {
    if (method === 'Target.targetDestroyed') {
      this.#contexts.delete(String(params?.['targetId']))
    } else if (method === 'Target.targetCreated' || method === 'Target.targetInfoChanged') {
      const { targetId, type, browserContextId } = (params as { targetInfo: TargetInfo }).targetInfo
      if (type === 'page') this.#contexts.set(targetId, browserContextId ?? '')
      else this.#contexts.delete(targetId)
    }
  }

  /** @param counts Whether the pages of a context count. */
  count(counts: (contextId: string) => boolean): number {
    return [...this.#contexts.values()].filter(counts).length
  }
}
