/** Tells when work is held up by somebody who is not to be counted. */
export interface Hold {
  readonly held: boolean
  /** Calls back at every change; what it returns ends the calls. */
  watch(listener: (held: boolean) => void): () => void
}

/** A timer that stands still while work is held up. */
export class HeldTimer {
  readonly #onEnd: () => void
  readonly #unwatch: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #left: number
  #since = 0

  /** @param milliseconds Until it calls back, times of holding left out. */
  constructor(milliseconds: number, onEnd: () => void, hold: Hold | undefined) {
    this.#left = milliseconds
    this.#onEnd = onEnd
    this.#unwatch = hold?.watch((held) => (held ? this.#pause() : this.#resume()))
    if (hold?.held !== true) this.#resume()
  }

  /** It never calls back. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#unwatch?.()
  }

  #pause(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#left -= performance.now() - this.#since
  }

  #resume(): void {
    if (this.#timer !== undefined) return
    this.#since = performance.now()
    this.#timer = setTimeout(this.#onEnd, Math.max(0, this.#left))
  }
}
