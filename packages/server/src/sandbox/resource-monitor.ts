import { ProcessTable, type ProcessTree } from './process-table.ts'
import type { SessionLimits } from './session-limits.ts'
import { SessionWatch } from './session-watch.ts'

export interface ResourceMonitorOptions {
  limits: SessionLimits
  /** Told of a look that failed; the next one comes all the same. */
  onError: (error: unknown) => void
}

/** Milliseconds after which every process of the machine is looked at anew. */
const reviewInterval = 10_000

/** Milliseconds that the end of a look and the beginning of the next are apart at least. */
const pause = 20

/**
 * Looks at what the sessions of a server use, at all that are due at once: one
 * timer, and one look through the machine's processes.
 */
export class ResourceMonitor {
  readonly #options: ResourceMonitorOptions
  readonly #table = new ProcessTable()
  readonly #watches = new Set<SessionWatch>()
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity
  #looking = false
  #reviewedAt = 0

  constructor(options: ResourceMonitorOptions) {
    this.#options = options
  }

  /** Begins to watch a session. It ends with the watch. */
  open(): SessionWatch {
    const watch: SessionWatch = new SessionWatch({
      table: this.#table,
      limits: this.#options.limits,
      onHurry: () => this.#plan(),
      onClose: () => {
        this.#watches.delete(watch)
        this.#plan()
      },
    })
    this.#watches.add(watch)
    this.#plan()
    return watch
  }

  /** Sees to it that the next look comes when the first watch is due. */
  #plan(): void {
    if (this.#looking) return
    if (this.#watches.size === 0) {
      clearTimeout(this.#timer)
      this.#timerAt = Infinity
      return
    }
    const dueAt = Math.min(...[...this.#watches].map((watch) => watch.dueAt))
    if (dueAt >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = dueAt
    const delay = Math.max(pause, Math.ceil(dueAt - performance.now()))
    this.#timer = setTimeout(() => void this.#look(), delay)
  }

  async #look(): Promise<void> {
    this.#looking = true
    try {
      const now = performance.now()
      if (now - this.#reviewedAt > reviewInterval) {
        this.#reviewedAt = now
        this.#table.forgetOthers()
      }
      const watches = [...this.#watches]
      if (!watches.some((watch) => watch.dueAt <= now)) return
      const due = watches.filter((watch) => watch.isDueInCompany(now))
      await this.#table.scan(new Set<ProcessTree>(due.flatMap((watch) => watch.trees)))
      await Promise.all(due.map((watch) => watch.check().catch(this.#options.onError)))
    } catch (error) {
      this.#options.onError(error)
    } finally {
      this.#looking = false
      this.#timerAt = Infinity
      this.#plan()
    }
  }
}
