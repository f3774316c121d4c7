/**
 * Runs tasks one at a time, in the order of their arrival. A task whose signal
 * is aborted while it waits leaves the queue at once.
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()
  #length = 0

  /** Tasks that run or wait. */
  get length(): number {
    return this.#length
  }

  async run<Result>(task: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted()
    const { promise: left, reject } = Promise.withResolvers<never>()
    const leave = (): void => reject(signal?.reason as Error)
    signal?.addEventListener('abort', leave)
    const turn = this.#last.then(() => {
      // From here on it is the task's own matter.
      signal?.removeEventListener('abort', leave)
      signal?.throwIfAborted()
      return task()
    })
    this.#last = turn.catch(() => {})
    this.#length += 1
    try {
      return await Promise.race([turn, left])
    } finally {
      this.#length -= 1
    }
  }
}
