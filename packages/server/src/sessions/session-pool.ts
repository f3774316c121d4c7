import { availableParallelism } from 'node:os'
import type { Logger } from 'pino'
import { v7 as uuid } from 'uuid'
import { BrowserLaunchError } from '../browser/browser-process.ts'
import type { Profile } from '../profiles/profile.ts'
import { BackOff } from './back-off.ts'
import { PoolMetrics } from './pool-metrics.ts'
import { type PoolBounds, PoolSize } from './pool-size.ts'
import type { SessionParts } from './session-parts.ts'
import type { Session } from './session.ts'
import { WaitingLine } from './waiting-line.ts'
import { WarmSession } from './warm-session.ts'

export interface SessionPoolOptions {
  /** Makes the parts of a session, and leaves nothing behind when that fails. */
  make: (sessionId: string, signal: AbortSignal, profile?: Profile) => Promise<SessionParts>
  bounds: PoolBounds
  log: Logger
}

/** Milliseconds after which a session that nobody took is replaced. */
const maximumAge = 10 * 60_000

/** Milliseconds between two looks at what is ready. */
const inspectionInterval = 10_000

/** Milliseconds after which a session that is still there shows that they can be made. */
const probation = 10_000

/** A session that is being made, for whoever comes first. */
interface Launch {
  began: number
  abandoned: AbortController
}

/**
 * Every session is made here, ahead of its use if possible: keeps never-used
 * ones ready, and hands out each of them once. Whoever has to wait is served in
 * the order of arrival, before anything is kept for later.
 *
 * A start keeps a core busy, so there are never more at a time than cores; what
 * nobody waits for yet rests while somebody waits.
 */
export class SessionPool {
  readonly metrics = new PoolMetrics()
  readonly #options: SessionPoolOptions
  readonly #size: PoolSize
  readonly #backOff = new BackOff()
  readonly #cores = availableParallelism()
  readonly #inspections: NodeJS.Timeout
  #ready: WarmSession[] = []
  readonly #launches = new Set<Launch>()
  readonly #waiting = new WaitingLine<WarmSession>()
  /** Callers that wait for a core to make a session for them alone. */
  readonly #waitingForCore = new WaitingLine<void>()
  /** Sessions that are being made for one caller alone. */
  #ownLaunches = 0
  /** Kernels of sessions in use that are yet to be started. */
  readonly #preparations: Session[] = []
  /** Callers that wait for a session of theirs, be it ready or not. */
  #claims = 0
  #preparing = false
  #room = 0
  #work: NodeJS.Immediate | undefined
  #retry: NodeJS.Timeout | undefined
  /** What is still under way when nobody can see it any more. */
  readonly #pending = new Set<Promise<void>>()
  #closed = false

  constructor(options: SessionPoolOptions) {
    this.#options = options
    this.#size = new PoolSize(options.bounds)
    this.#inspections = setInterval(() => this.#inspect(), inspectionInterval).unref()
  }

  /** `ready` have all that a session needs; `starting` are on their way to it. */
  get counters(): { ready: number; starting: number } {
    const ready = this.#ready.filter((session) => session.prepared).length
    const starting = this.#launches.size + this.#ready.length - ready + this.#ownLaunches
    return { ready, starting }
  }

  /** Whether the last attempts failed, so that the next one has to wait. */
  get isFailing(): boolean {
    return this.#backOff.remaining > 0
  }

  /** How many sessions the server may hold besides those in use; with the first, work begins. */
  set room(room: number) {
    this.#room = room
    this.#balance()
  }

  /**
   * Gives the task the parts of a session that nobody has used. From then on
   * they are the task's to close. Until the task has ended, nothing is made
   * that nobody waits for.
   *
   * @param signal Whether somebody still waits for it; its reason is thrown, and
   *   the session is for the next.
   * @param profile What its browser starts from. That needs a browser of its
   *   own, which is made as soon as there is a core for it. Closed with the parts.
   * @throws what making a session throws
   */
  claim<Result>(
    signal: AbortSignal,
    task: (parts: SessionParts) => Promise<Result>,
    profile?: Profile,
  ): Promise<Result> {
    const claim = profile ? this.#makeFor(signal, task, profile) : this.#claim(signal, task)
    this.#follow(claim)
    return claim
  }

  async #claim<Result>(
    signal: AbortSignal,
    task: (parts: SessionParts) => Promise<Result>,
  ): Promise<Result> {
    signal.throwIfAborted()
    const since = performance.now()
    this.#size.arrived()
    this.#claims += 1
    try {
      const ready = await this.#takeReady(signal)
      const session = ready ?? (await this.#wait(since, signal))
      if (signal.aborted) {
        this.#add(session)
        throw signal.reason
      }
      if (session.lost) {
        this.#discard(session, 'lost')
        throw new BrowserLaunchError('The browser ended while it was starting.', true)
      }
      this.metrics[ready ? 'hits' : 'misses'].add(performance.now() - since)
      this.#backOff.succeeded()
      return await task(session.parts)
    } finally {
      this.#claims -= 1
      this.#balance()
    }
  }

  async #makeFor<Result>(
    signal: AbortSignal,
    task: (parts: SessionParts) => Promise<Result>,
    profile: Profile,
  ): Promise<Result> {
    this.#claims += 1
    try {
      const turn = this.#waitingForCore.join(performance.now(), signal)
      this.#balance()
      await turn
      const parts = await this.#makeOwn(signal, profile)
      if (signal.aborted) {
        await parts.close()
        throw signal.reason
      }
      return await task(parts)
    } finally {
      this.#claims -= 1
      this.#balance()
    }
  }

  /** The core was given to it already. */
  async #makeOwn(signal: AbortSignal, profile: Profile): Promise<SessionParts> {
    try {
      return await this.#options.make(uuid(), signal, profile)
    } finally {
      this.#ownLaunches -= 1
      this.#balance()
    }
  }

  /** Starts the kernel of a session in use, once nobody waits for a session any more. */
  prepare(session: Session): void {
    // Where nothing is to be ready ahead, its first code starts it.
    if (this.#options.bounds.most > 0) this.#preparations.push(session)
    this.#balance()
  }

  /**
   * Ends every session that nobody has, and makes no more. Whoever waits is to
   * be told by the signal; this settles when all of them have left.
   */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#inspections)
    clearTimeout(this.#retry)
    clearImmediate(this.#work)
    this.#preparations.length = 0
    for (const launch of [...this.#launches]) this.#abandon(launch)
    for (const session of this.#ready) this.#discard(session, 'surplus')
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  /** One that is ready and answers; undefined when there is none. */
  async #takeReady(signal: AbortSignal): Promise<WarmSession | undefined> {
    for (;;) {
      const session = this.#ready.find(({ prepared }) => prepared) ?? this.#ready[0]
      if (!session) return undefined
      this.#remove(session)
      if (await session.answers()) return session
      this.#discard(session, session.lost ? 'lost' : 'silent')
      signal.throwIfAborted()
    }
  }

  async #wait(since: number, signal: AbortSignal): Promise<WarmSession> {
    const turn = this.#waiting.join(since, signal)
    this.#balance()
    return turn
  }

  /** For the one who has waited longest, or for later. */
  #add(session: WarmSession): void {
    if (this.#closed || session.lost) {
      this.#discard(session, session.lost ? 'lost' : 'surplus')
    } else if (!this.#waiting.serve(session)) {
      session.onLost = () => this.#lose(session)
      this.#ready.push(session)
    }
  }

  #remove(session: WarmSession): void {
    session.onLost = undefined
    this.#ready = this.#ready.filter((other) => other !== session)
  }

  #discard(session: WarmSession, reason: keyof PoolMetrics['discarded']): void {
    this.#remove(session)
    this.metrics.discarded[reason] += 1
    const { id } = session.parts
    this.#options.log.debug({ sessionId: id, reason }, 'a session was discarded unused')
    this.#end(session)
  }

  #lose(session: WarmSession): void {
    this.#backOff.failed()
    this.#discard(session, 'lost')
    this.#balance()
  }

  #end(session: WarmSession): void {
    this.#follow(
      session.parts.close().catch((error: unknown) => {
        const { id } = session.parts
        this.#options.log.error({ sessionId: id, err: error }, 'an unused session did not end')
      }),
    )
  }

  /** Has the end of the pool wait for it, however it comes out. */
  #follow(work: Promise<unknown>): void {
    const forget = (): void => void this.#pending.delete(pending)
    const pending: Promise<void> = work.then(forget, forget)
    this.#pending.add(pending)
  }

  /** How many unused sessions there should be now, kept ready or on their way. */
  get #target(): number {
    return Math.max(0, Math.min(this.#size.target, this.#room))
  }

  get #busyCores(): number {
    return this.#launches.size + this.#ownLaunches
  }

  /** Brings what there is nearer to what there should be. Cheap, and called after every change. */
  #balance(): void {
    if (this.#closed) return
    while (this.#busyCores < this.#cores) {
      // In turn, as long as there are both: neither can keep the other waiting.
      const isOwnTurn = this.#launches.size >= this.#ownLaunches
      const isAwaited = this.#waiting.length > this.#launches.size
      if (this.#waitingForCore.length > 0 && (isOwnTurn || !isAwaited)) {
        this.#ownLaunches += 1
        this.#waitingForCore.serve()
      } else if (isAwaited) this.#launch()
      else break
    }
    // The rest not now: to start a process keeps the server busy for some milliseconds while the
    // answer to the last claim is on its way, and one that has just become free may be taken.
    this.#work ??= setImmediate(() => {
      this.#work = undefined
      this.#dropSurplus()
      if (this.#claims === 0) this.#workAhead()
    })
  }

  #dropSurplus(): void {
    const wanted = this.#waiting.length + this.#target
    for (let many = this.#launches.size + this.#ready.length; many > wanted; many -= 1) {
      const launch = [...this.#launches].at(-1)
      const [oldest] = this.#ready
      if (launch) this.#abandon(launch)
      else if (oldest) this.#discard(oldest, 'surplus')
    }
  }

  /** Begins what nobody waits for, as far as there are cores for it. */
  #workAhead(): void {
    const hasCore = (): boolean => this.#busyCores + (this.#preparing ? 1 : 0) < this.#cores
    if (!this.#preparing) this.#prepareInUse(this.#preparations.shift())
    while (hasCore() && this.#launches.size + this.#ready.length < this.#target) {
      const pause = this.#backOff.remaining
      if (pause > 0) {
        this.#retry ??= setTimeout(() => {
          this.#retry = undefined
          this.#balance()
        }, pause).unref()
        break
      }
      this.#launch()
    }
    if (!this.#preparing && hasCore()) {
      this.#prepareReady(this.#ready.find(({ prepared }) => !prepared))
    }
  }

  /** A session for whoever comes first. */
  #launch(): void {
    const launch: Launch = { began: performance.now(), abandoned: new AbortController() }
    this.#launches.add(launch)
    this.#follow(this.#finish(launch))
  }

  async #finish(launch: Launch): Promise<void> {
    const { make, log } = this.#options
    const { began, abandoned } = launch
    try {
      const parts = await make(uuid(), abandoned.signal)
      this.#launches.delete(launch)
      this.#add(new WarmSession(parts, began))
    } catch (error) {
      this.#launches.delete(launch)
      if (abandoned.signal.aborted) return
      this.#backOff.failed()
      // Whoever came later has an attempt of its own before it.
      if (!this.#waiting.fail(error, began)) {
        log.warn({ err: error }, 'a session could not be made ahead')
      }
    } finally {
      this.#balance()
    }
  }

  #abandon(launch: Launch): void {
    this.#launches.delete(launch)
    launch.abandoned.abort(new Error('Nobody wants the session any more.'))
  }

  #prepareInUse(session: Session | undefined): void {
    if (!session) return
    this.#startKernel(
      () => session.prepare(),
      (error) => {
        const { id } = session
        this.#options.log.debug({ sessionId: id, err: error }, 'a kernel was not prepared')
      },
    )
  }

  #prepareReady(session: WarmSession | undefined): void {
    if (!session) return
    const start = async (): Promise<void> => {
      await session.prepare()
      const duration = performance.now() - session.began
      this.metrics.refills.add(duration)
      this.#size.made(duration)
    }
    this.#startKernel(start, (error) => {
      // Whoever got it meanwhile hears of it at the first execution.
      if (!this.#ready.includes(session)) return
      this.#options.log.warn({ err: error }, 'a kernel could not be made ahead')
      this.#backOff.failed()
      this.#discard(session, 'kernelless')
    })
  }

  #startKernel(start: () => Promise<void>, onError: (error: unknown) => void): void {
    this.#preparing = true
    const ended = (): void => {
      this.#preparing = false
      this.#balance()
    }
    this.#follow(start().catch(onError).then(ended))
  }

  /** Replaces what has been ready too long, one at a time so that there is always something ready. */
  #inspect(): void {
    for (const session of this.#ready) if (session.hasGrown) this.#discard(session, 'grown')
    const [oldest] = this.#ready
    if (oldest && oldest.age > probation) this.#backOff.succeeded()
    if (oldest && oldest.age > maximumAge) this.#discard(oldest, 'old')
    this.#balance()
  }
}
