import type { ExplainTarget } from './egress-failure.ts'
import { ScrapeError } from './scrape-error.ts'

/** Limits that the caller sets on a call. */
export interface ScrapeLimits {
  /** Point of `performance.now()` by which the call has ended. Default: the request's timeout. */
  deadline?: number | undefined
  /** Aborting it ends the call with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Says why the browser did not get through to a target. */
  explainTarget?: ExplainTarget | undefined
}

/** Milliseconds for a whole scrape when the request does not say (contract §2.7). */
export const defaultScrapeTimeout = 30_000

/** One deadline and one signal for everything that a scrape waits for. */
export class TimeBudget {
  /** Fires at the deadline or when the caller aborts. */
  readonly signal: AbortSignal
  readonly #deadline: number
  readonly #caller: AbortSignal | undefined

  constructor(deadline: number, caller?: AbortSignal) {
    this.#deadline = deadline
    this.#caller = caller
    const timeout = AbortSignal.timeout(Math.ceil(Math.max(0, deadline - performance.now())))
    this.signal = caller ? AbortSignal.any([caller, timeout]) : timeout
  }

  static of(request: { timeout?: number | undefined }, limits: ScrapeLimits): TimeBudget {
    const deadline =
      limits.deadline ?? performance.now() + (request.timeout ?? defaultScrapeTimeout)
    return new TimeBudget(deadline, limits.signal)
  }

  /** Milliseconds that are left, never negative. */
  get remaining(): number {
    return Math.max(0, this.#deadline - performance.now())
  }

  /** A part of this budget: at most so many milliseconds, and never beyond the whole. */
  part(milliseconds: number): TimeBudget {
    return new TimeBudget(performance.now() + Math.min(milliseconds, this.remaining), this.#caller)
  }

  /** Why the budget ended: the caller's reason, or a timeout. */
  get reason(): Error {
    if (this.#caller?.aborted) {
      const reason: unknown = this.#caller.reason
      return reason instanceof Error ? reason : new Error('The scrape was aborted.')
    }
    return new ScrapeError(
      'SCRAPE_TIMEOUT',
      'The page could not be loaded and read within the timeout. Try a longer one.',
    )
  }

  /** True when the caller does not want the answer any more, in contrast to a timeout. */
  get aborted(): boolean {
    return this.#caller?.aborted ?? false
  }

  /** Settles as `work` does, or rejects with the reason when the budget ends before. */
  async race<T>(work: Promise<T>): Promise<T> {
    const ended = Promise.withResolvers<never>()
    const onAbort = (): void => ended.reject(this.reason)
    if (this.signal.aborted) onAbort()
    else this.signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([work, ended.promise])
    } finally {
      this.signal.removeEventListener('abort', onAbort)
    }
  }

  /** Waits so long, or rejects when the budget ends before. */
  async sleep(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, milliseconds)
    try {
      await this.race(promise)
    } finally {
      clearTimeout(timer)
    }
  }
}
