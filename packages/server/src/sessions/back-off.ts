/** Milliseconds before the third attempt; each later pause is twice as long. */
const firstPause = 500

/** Milliseconds of the longest pause. */
const longestPause = 60_000

/** Spaces out attempts at something that fails again and again. One failure is taken for an accident. */
export class BackOff {
  #failures = 0
  #until = 0

  /** Milliseconds until the next attempt; 0: now. */
  get remaining(): number {
    return Math.max(0, this.#until - performance.now())
  }

  failed(): void {
    this.#failures += 1
    if (this.#failures < 2) return
    const pause = firstPause * 2 ** (this.#failures - 2)
    this.#until = performance.now() + Math.min(pause, longestPause)
  }

  succeeded(): void {
    this.#failures = 0
    this.#until = 0
  }
}
