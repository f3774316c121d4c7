import { AbortError, type TandemError, TimeoutError } from './errors.ts'

/** The longest delay a timer takes; a longer one would fire at once. */
const longest = 2 ** 31 - 1

/**
 * How long a call may wait for the server, joined with the caller's signal.
 * The clock runs only inside `wait`, so that a slow reader of a stream does
 * not use up the server's time.
 */
export class Deadline {
  readonly #controller: AbortController = new AbortController()
  readonly #caller: AbortSignal | undefined
  readonly #message: string
  /** Fires with the error that the call is to end with. */
  readonly signal: AbortSignal = this.#controller.signal
  /** Milliseconds. */
  left: number

  constructor(milliseconds: number, what: string, caller: AbortSignal | undefined) {
    this.left = milliseconds
    this.#message = `${what} was not answered within ${milliseconds / 1000} s. The server may have done it all the same.`
    this.#caller = caller
    if (caller?.aborted) this.#onAbort()
    else caller?.addEventListener('abort', this.#onAbort)
  }

  /** The promise's outcome, unless the time is up or the caller aborts first. */
  wait<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this
    return new Promise<T>((resolve, reject) => {
      const start = performance.now()
      const onTime = () => this.#controller.abort(new TimeoutError(this.#message))
      const timer = setTimeout(onTime, Math.min(this.left, longest))
      const settle = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        this.left -= performance.now() - start
      }
      const onAbort = () => {
        settle()
        reject(signal.reason as TandemError)
      }
      signal.addEventListener('abort', onAbort)
      if (signal.aborted) onAbort()
      promise.finally(settle).then(resolve, reject)
    })
  }

  async sleep(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    try {
      await this.wait(new Promise((resolve) => (timer = setTimeout(resolve, milliseconds))))
    } finally {
      clearTimeout(timer)
    }
  }

  /** Lets go of the caller's signal and of whatever connection is still open. */
  close(): void {
    this.#caller?.removeEventListener('abort', this.#onAbort)
    this.#controller.abort()
  }

  readonly #onAbort = (): void => {
    this.#controller.abort(new AbortError('The call was aborted.', { cause: this.#caller?.reason }))
  }
}
