import type { CdpMessage } from '../cdp/message.ts'
import { type TargetInfo, isBrowserInterface } from '../cdp/targets.ts'

/** A tab as viewers see it. */
export interface LiveTab {
  /** The page's target. */
  id: string
  title: string
  url: string
}

/** The tabs of a browser, and which one is worked on. */
export class LiveTabs {
  /** Called when a tab comes, goes, is renamed, or becomes the active one. */
  onChange: (() => void) | undefined
  readonly #tabs = new Map<string, LiveTab>()
  /** Tabs in the order in which they were worked on; the active one is the last. */
  #recent: string[] = []

  /** All of them, the oldest first. */
  get all(): LiveTab[] {
    return [...this.#tabs.values()]
  }

  /** The tab that is worked on; undefined when there is none. */
  get active(): LiveTab | undefined {
    return this.#tabs.get(this.#recent.at(-1) ?? '')
  }

  has(id: string): boolean {
    return this.#tabs.has(id)
  }

  /** Somebody works on that tab. */
  activate(id: string): void {
    if (!this.#tabs.has(id) || this.#recent.at(-1) === id) return
    this.#recent = [...this.#recent.filter((other) => other !== id), id]
    this.onChange?.()
  }

  /** Learns from the browser's events. */
  observe({ method, params }: CdpMessage): void {
    if (method === 'Target.targetDestroyed') this.#remove(String(params?.['targetId']))
    else if (method === 'Target.targetCreated' || method === 'Target.targetInfoChanged') {
      this.#put(params?.['targetInfo'] as TargetInfo & { openerId?: string })
    }
  }

  #put(info: TargetInfo & { openerId?: string }): void {
    if (info.type !== 'page' || isBrowserInterface(info)) return
    const { targetId: id, title, url } = info
    const before = this.#tabs.get(id)
    if (before?.title === title && before.url === url) return
    this.#tabs.set(id, { id, title, url })
    if (!before) {
      // A tab that the active page has opened is in front, as in a browser with windows.
      const isInFront = info.openerId !== undefined && info.openerId === this.active?.id
      this.#recent = isInFront ? [...this.#recent, id] : [id, ...this.#recent]
    }
    this.onChange?.()
  }

  #remove(id: string): void {
    if (!this.#tabs.delete(id)) return
    this.#recent = this.#recent.filter((other) => other !== id)
    this.onChange?.()
  }
}
