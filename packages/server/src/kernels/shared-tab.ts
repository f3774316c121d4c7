/**
 * The tab that the session's code works on, whatever language it is written
 * in: where the code of one kernel has gone, that of the next one begins.
 */
export class SharedTab {
  #targetId: string | undefined
  #lastUser: object | undefined

  /**
   * A kernel's code begins.
   *
   * @returns Where the code of another kernel ended; undefined for a kernel
   *   whose own code was the last, and knows better itself.
   */
  enter(kernel: object): string | undefined {
    if (this.#lastUser === kernel) return undefined
    this.#lastUser = kernel
    return this.#targetId
  }

  /** Code has ended on that tab. */
  leave(targetId: string): void {
    this.#targetId = targetId
  }
}
