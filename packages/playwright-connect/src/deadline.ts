import { AbortError, ConnectTimeoutError } from './errors.ts'

/** One time limit and one abort signal over all that `connect` waits for. */
export class Deadline {
  /** The whole of it, in milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
  readonly #end: number

  constructor(timeout: number, signal: AbortSignal | undefined) {
    this.timeout = timeout
    this.signal = signal
    this.#end = performance.now() + timeout
  }

  /** Milliseconds left, at least 1: Playwright takes 0 for "no limit". */
  get remaining(): number {
    return Math.max(1, Math.ceil(this.#end - performance.now()))
  }

  /**
   * Waits for `work` until the deadline, plus `grace` milliseconds for work that watches the
   * deadline itself and knows better what it waited for. The end of time and the abort reject at
   * once; what `work` brings after that goes to `release`, so that it is not left open.
   *
   * @throws ConnectTimeoutError, AbortError, or what `work` throws
   */
  async race<T>(
    work: Promise<T>,
    { grace = 0, release }: { grace?: number; release?: (late: T) => void } = {},
  ): Promise<T> {
    const { promise: stopped, reject: stop } = Promise.withResolvers<never>()
    const onAbort = () => stop(new AbortError(this.signal?.reason))
    const timer = setTimeout(
      () => stop(new ConnectTimeoutError(this.timeout, 'page')),
      this.remaining + grace,
    )
    if (this.signal?.aborted) onAbort()
    this.signal?.addEventListener('abort', onAbort)
    try {
      return await Promise.race([stopped, work])
    } catch (error) {
      // Nobody else waits for `work` any more: let go of what it brings, or of its rejection.
      work.then(release, () => {})
      throw this.signal?.aborted ? new AbortError(this.signal.reason) : error
    } finally {
      clearTimeout(timer)
      this.signal?.removeEventListener('abort', onAbort)
    }
  }
}
