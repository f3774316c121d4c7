import { Deadline } from '../deadline.ts'
import { AbortError, ConcurrencyLimitError, NotFoundError, ValidationError } from '../errors.ts'
import type { CallOptions, CreateOptions, ScrapeOptions } from '../options.ts'
import { Tandem } from '../tandem.ts'
import { PoolSlot } from './pool-slot.ts'
import { PoolSession, SessionLease } from './session-lease.ts'
import { isGone, ScrapeSource, type SessionSource, StandaloneSource } from './session-source.ts'

export type { PoolSession, SessionLease } from './session-lease.ts'

/** Options of a pool. */
export interface SessionPoolOptions {
  /** The client. Default: one that is configured by the environment. */
  tandem?: Tandem | undefined
  /**
   * `standalone` (default): `POST /v2/interact`. `scrape`: every session goes on from a scrape of
   * the first page that is opened in it, which is where a hosted service takes prompts.
   */
  kind?: 'standalone' | 'scrape' | undefined
  /** How standalone sessions are made. */
  session?: Omit<CreateOptions, 'signal' | 'idempotencyKey'> | undefined
  /** How pages are scraped for scrape-bound sessions. */
  scrape?: Omit<ScrapeOptions, 'signal' | 'idempotencyKey'> | undefined
  /** Sessions at once; beyond it the one that was unused for longest is ended. Default: 100. */
  maxSessions?: number | undefined
}

/** Options of `run`. */
export interface RunOptions extends CallOptions {
  /** The page that a scrape-bound session begins with, if one has to be made. */
  startUrl?: string | undefined
}

/** Options of `close`. */
export interface CloseOptions {
  /** Milliseconds to end all sessions in. Default: 15000. */
  timeout?: number | undefined
}

/** Keys that are remembered, beyond those with a session. */
const mostKeys = 1000

/**
 * Sessions by key, for instance one for each conversation. A session is made when it is first
 * needed, once however many ask for it at the same time, and ended with the pool.
 */
export class SessionPool {
  readonly kind: 'standalone' | 'scrape'
  readonly #tandem: Tandem
  readonly #options: SessionPoolOptions
  /** The key that was used last comes last. */
  readonly #slots = new Map<string, PoolSlot>()
  readonly #running = new Set<AbortController>()
  /** Failures that nobody waited for. */
  readonly #failures: unknown[] = []
  #tickets = 0
  #closed: Promise<void> | undefined

  constructor(options: SessionPoolOptions = {}) {
    this.#options = options
    this.#tandem = options.tandem ?? new Tandem()
    this.kind = options.kind ?? 'standalone'
  }

  /**
   * Runs work on the session of a key: alone, in the order of the calls. If that session turns out
   * to be gone (404, 410), another one is made and the work is called once more, with `replaced`.
   *
   * @throws what the work throws; the failure to make a session; an `AbortError` when `signal` fires,
   *   which ends the work's calls and so what runs on the server; in a pool of scrape-bound sessions
   *   a `NotFoundError` when there is none and no `startUrl`.
   */
  async run<Result>(
    key: string,
    work: (session: SessionLease) => Promise<Result>,
    { signal, startUrl }: RunOptions = {},
  ): Promise<Result> {
    if (this.#closed) throw closedError()
    const slot = this.#touch(key)
    const ticket = ++this.#tickets
    const running = new AbortController()
    const onAbort = (): void =>
      running.abort(new AbortError('The call was aborted.', { cause: signal?.reason }))
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
    this.#running.add(running)
    try {
      return await slot.queue.run(
        () => this.#work(slot, work, ticket, startUrl, running.signal),
        running.signal,
      )
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#running.delete(running)
      if (slot.empty) this.#slots.delete(key)
    }
  }

  /** The session of a key, if there is one already. */
  get(key: string): PoolSession | undefined {
    const session = this.#slots.get(key)?.session
    return session && new PoolSession(session)
  }

  /**
   * Uses a session that is there already under a key that has none. The pool never ends it. When it
   * is gone, a session of the pool's own takes its place.
   */
  adopt(key: string, sessionId: string): void {
    if (this.#closed) throw closedError()
    const slot = this.#touch(key)
    if (slot.session || slot.creating || slot.adoptedId !== undefined) {
      throw new ValidationError('This key has a session already. Release it first.')
    }
    slot.adoptedId = sessionId
  }

  /** Ends the session of a key, once the work that waits for it is done. */
  async release(key: string, { signal }: CallOptions = {}): Promise<void> {
    const slot = this.#slots.get(key)
    if (!slot || this.#closed) return
    try {
      await slot.queue.run(() => this.#end(slot, signal), signal ?? new AbortController().signal)
    } finally {
      if (slot.empty) this.#slots.delete(key)
    }
  }

  /**
   * Aborts what runs and waits, and ends every session that the pool made, also one that is just
   * being made. May be called again.
   *
   * @throws the failure to end a session; an `AggregateError` of several; a `TimeoutError`. What is
   *   still being made then is ended when it is there.
   */
  close({ timeout = 15_000 }: CloseOptions = {}): Promise<void> {
    return (this.#closed ??= this.#close(timeout))
  }

  /** Closes the pool at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #work<Result>(
    slot: PoolSlot,
    work: (session: SessionLease) => Promise<Result>,
    ticket: number,
    startUrl: string | undefined,
    signal: AbortSignal,
  ): Promise<Result> {
    for (let attempt = 0; ; attempt++) {
      const source = await this.#obtain(slot, ticket, startUrl, signal)
      const lease = new SessionLease(source, signal, slot.lost)
      try {
        const result = await work(lease)
        slot.lost = false
        return result
      } catch (error) {
        const restartable = this.kind === 'standalone' || startUrl !== undefined
        if (!lease.gone || attempt > 0 || signal.aborted || !restartable) throw error
      } finally {
        if (lease.gone) {
          slot.session = undefined
          slot.lost = true
        }
      }
    }
  }

  /** The session of a slot, made if need be. */
  async #obtain(
    slot: PoolSlot,
    ticket: number,
    startUrl: string | undefined,
    signal: AbortSignal,
  ): Promise<SessionSource> {
    if (slot.session) return slot.session
    if (slot.failure && ticket <= slot.failure.ticket) throw slot.failure.error
    slot.creating ??= this.#create(slot, startUrl)
    // Whoever asked may leave; the session that is being made waits for the next.
    return waitFor(slot.creating, signal)
  }

  async #create(slot: PoolSlot, startUrl: string | undefined): Promise<SessionSource> {
    try {
      const source = await this.#make(slot, startUrl)
      slot.session = source
      return source
    } catch (error) {
      slot.failure = { error, ticket: this.#tickets }
      throw error
    } finally {
      slot.creating = undefined
      slot.admitted = false
    }
  }

  async #make(slot: PoolSlot, startUrl: string | undefined): Promise<SessionSource> {
    const adopted = await this.#adopt(slot)
    if (adopted) return adopted
    const { kind, session, scrape } = { ...this.#options, kind: this.kind }
    if (kind === 'scrape' && startUrl === undefined) {
      throw new NotFoundError('There is no session yet: it begins with a page to scrape.')
    }
    await this.#admit(slot)
    return startUrl !== undefined && kind === 'scrape'
      ? ScrapeSource.create(this.#tandem, startUrl, scrape)
      : new StandaloneSource(await this.#tandem.sessions.create(session), true)
  }

  async #adopt(slot: PoolSlot): Promise<SessionSource | undefined> {
    const id = slot.adoptedId
    if (id === undefined) return undefined
    try {
      const session = await this.#tandem.sessions.get(id)
      slot.adoptedId = undefined
      if (session.status === 'active') return new StandaloneSource(session, false)
    } catch (error) {
      if (!isGone(error)) throw error
      slot.adoptedId = undefined
    }
    slot.lost = true
    return undefined
  }

  /** Ends the session that was unused for longest when there are as many as there may be. */
  async #admit(slot: PoolSlot): Promise<void> {
    const { maxSessions = 100 } = this.#options
    const others = [...this.#slots].filter(([, other]) => other.held && other !== slot)
    const oldest = others.find(([, other]) => other.idle)
    if (others.length >= maxSessions && !oldest) {
      throw new ConcurrencyLimitError(`All ${maxSessions} sessions of the pool are in use.`)
    }
    // Before anything is waited for, so that the next one counts it.
    slot.admitted = true
    if (others.length < maxSessions || !oldest) return
    await this.release(oldest[0]).catch((error: unknown) => this.#failures.push(error))
  }

  /** Ends the session of a slot, which has none from then on, also one that is being made. */
  async #end(slot: PoolSlot, signal?: AbortSignal): Promise<void> {
    try {
      await slot.creating
    } catch {
      // Whoever asked for it was told.
    }
    const { session } = slot
    slot.session = undefined
    slot.adoptedId = undefined
    slot.lost = false
    try {
      // One that comes after the deadline is ended all the same.
      await session?.end(signal?.aborted ? {} : { signal })
    } catch (error) {
      // Gone already, which is all that is wanted.
      if (!isGone(error)) throw error
    }
  }

  async #close(timeout: number): Promise<void> {
    const deadline = new Deadline(timeout, 'Ending the sessions of the pool', undefined)
    for (const running of this.#running) running.abort(closedError())
    const slots = [...this.#slots.values()]
    this.#slots.clear()
    try {
      const ends = await deadline.wait(
        Promise.allSettled(slots.map((slot) => this.#end(slot, deadline.signal))),
      )
      for (const end of ends) if (end.status === 'rejected') this.#failures.push(end.reason)
    } catch (error) {
      this.#failures.push(error)
    } finally {
      deadline.close()
    }
    if (this.#failures.length > 1) {
      throw new AggregateError(this.#failures, 'Sessions of the pool could not be ended.')
    }
    for (const failure of this.#failures) throw failure
  }

  #touch(key: string): PoolSlot {
    const slot = this.#slots.get(key) ?? new PoolSlot()
    this.#slots.delete(key)
    this.#slots.set(key, slot)
    if (this.#slots.size > mostKeys) this.#forget()
    return slot
  }

  /** Of keys without a session only the news that they lost one is left. */
  #forget(): void {
    for (const [key, slot] of this.#slots) if (slot.forgettable) this.#slots.delete(key)
  }
}

function closedError(): AbortError {
  return new AbortError('The session pool is closed.')
}

/** The promise's outcome, unless the signal fires first. */
function waitFor<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    promise.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject)
  })
}
