/** One who waits, since a time of `performance.now()`. */
interface Waiter<Thing> {
  since: number
  resolve: (thing: Thing) => void
  reject: (error: unknown) => void
}

/** Callers that wait for one of the same things each, in the order in which they came. */
export class WaitingLine<Thing> {
  readonly #waiters: Waiter<Thing>[] = []

  get length(): number {
    return this.#waiters.length
  }

  /**
   * Waits for its turn.
   *
   * @param since When it came; it may have tried something else first.
   * @param signal Makes it leave; its reason is thrown.
   */
  async join(since: number, signal: AbortSignal): Promise<Thing> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<Thing>()
    const waiter: Waiter<Thing> = { since, resolve, reject }
    const later = this.#waiters.findIndex((other) => other.since > since)
    this.#waiters.splice(later === -1 ? this.#waiters.length : later, 0, waiter)
    const leave = (): void => {
      const index = this.#waiters.indexOf(waiter)
      if (index !== -1) this.#waiters.splice(index, 1)
      reject(signal.reason)
    }
    signal.addEventListener('abort', leave)
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  /** Gives it to the first. False when nobody waits. */
  serve(thing: Thing): boolean {
    const first = this.#waiters.shift()
    first?.resolve(thing)
    return first !== undefined
  }

  /** Disappoints the first, if it was there already when the attempt began that has failed. */
  fail(error: unknown, began: number): boolean {
    const [first] = this.#waiters
    if (!first || first.since > began) return false
    this.#waiters.shift()
    first.reject(error)
    return true
  }
}
