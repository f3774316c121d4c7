/**
 * Runs tasks one at a time, in the order of their arrival. A task whose signal
 * fires while it waits leaves the queue at once.
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()
  #length = 0

  /** Tasks that run or wait. */
  get length(): number {
    return this.#length
  }

  async run<Result>(task: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    let onAbort = (): void => {}
    const left = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason as Error)
      signal.addEventListener('abort', onAbort)
      if (signal.aborted) onAbort()
    })
    const turn = this.#last.then(() => {
      signal.removeEventListener('abort', onAbort)
      signal.throwIfAborted()
      return task()
    })
    this.#last = turn.catch(() => {})
    this.#length += 1
    try {
      return await Promise.race([turn, left])
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#length -= 1
    }
  }
}
