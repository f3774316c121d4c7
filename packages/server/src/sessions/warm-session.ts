import { probePage } from '../browser/probe-page.ts'
import type { SessionParts } from './session-parts.ts'

/**
 * Milliseconds in which a page must answer before its browser is handed out: as long as making
 * another takes. On a busy machine, one that is well may need more than a moment.
 */
const probeDeadline = 1_000

/** Bytes by which one that does nothing may grow. */
const growthLimit = 96 * 1024 * 1024

/** The parts of a session that nobody has used yet. */
export class WarmSession {
  readonly parts: SessionParts
  /** When the making of it began; `performance.now()`. */
  readonly began: number
  /** Called once, when its browser has ended or cannot be reached any more. */
  onLost: (() => void) | undefined
  /** Whether its kernel has its page. */
  prepared = false
  #lost = false
  /** Bytes that it had when it had least. */
  #least = Infinity

  constructor(parts: SessionParts, began: number) {
    this.parts = parts
    this.began = began
    const lose = (): void => {
      if (this.#lost) return
      this.#lost = true
      this.onLost?.()
    }
    parts.browser.cdp.onClose = lose
    void parts.browser.exited.then(lose)
  }

  /** Whether its browser has ended or cannot be reached any more. */
  get lost(): boolean {
    return this.#lost
  }

  /** Milliseconds. */
  get age(): number {
    return performance.now() - this.began
  }

  /** Whether it takes much more memory than it did once. */
  get hasGrown(): boolean {
    const { browserMemory, kernelMemory } = this.parts.watch.usage
    // Not before both have been looked at.
    if (!this.prepared || browserMemory === 0 || kernelMemory === 0) return false
    const bytes = browserMemory + kernelMemory
    this.#least = Math.min(this.#least, bytes)
    return bytes > this.#least + growthLimit
  }

  /**
   * Whether a page of it answers.
   *
   * @param deadline Milliseconds. Default: at once.
   */
  async answers(deadline = probeDeadline): Promise<boolean> {
    try {
      await probePage(this.parts.browser.cdp, deadline)
      return !this.#lost
    } catch {
      return false
    }
  }

  /** Starts its kernel. */
  async prepare(): Promise<void> {
    await this.parts.prepareKernel()
    this.prepared = true
  }
}
