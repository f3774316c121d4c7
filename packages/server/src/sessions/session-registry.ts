import type { EndReason, Language } from '@tandem-browser/core'
import type { Logger } from 'pino'
import { validate as isUuid } from 'uuid'
import type { KeyLimitStore } from '../keys/key-limits.ts'
import { creditsFor } from './credits.ts'
import { KeptSessions } from './kept-sessions.ts'
import type { SessionBilling } from './session-billing.ts'
import type { SessionCounters } from './session-counters.ts'
import { persistFailure, settled, unknownEnd } from './settled.ts'
import {
  SessionEndedError,
  SessionForbiddenError,
  SessionLimitError,
  SessionNotFoundError,
  ShuttingDownError,
} from './session-error.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Profiles } from '../profiles/profiles.ts'
import type { SessionParts } from './session-parts.ts'
import type { SessionPool } from './session-pool.ts'
import { recordOf, type SessionRecord, type SessionRecords } from './session-records.ts'
import { SessionStarts, type Start, type StartOptions } from './session-starts.ts'
import {
  type ExecutionOutcome,
  Session,
  type SessionEnd,
  type SessionSpecification,
} from './session.ts'

export interface SessionRegistryOptions {
  pool: SessionPool
  records: SessionRecords
  billing: SessionBilling
  keyLimits: KeyLimitStore
  profiles: Profiles
  maxSessions: number
  /** Milliseconds for which a session that was lent out stays for somebody to come back. */
  keepFor: number
  log: Logger
  observer?: SessionObserver
}

/** Who counts what sessions do. */
export interface SessionObserver {
  executed(language: Language, outcome: ExecutionOutcome, ms: number): void
  ended(reason: EndReason, credits: number): void
}

/** Every session of this server: who has it, how many there are, and how they ended. */
export class SessionRegistry {
  readonly #options: SessionRegistryOptions
  readonly #sessions = new Map<string, Session>()
  /** Sessions on their way out, which nobody finds any more. */
  readonly #closing = new Map<string, Promise<SessionEnd>>()
  /** Ends that the store does not have: not yet, or not at all because it could not be written. */
  readonly #ends = new Map<string, SessionEnd>()
  /** Ended sessions of which something may be left; to end one again is to try it again. */
  readonly #unreleased = new Map<string, Session>()
  /** Sessions that are being started. */
  readonly #starting = new SessionStarts()
  readonly #kept: KeptSessions
  /** Aborted when the server stops. */
  readonly #stopping = new AbortController()

  constructor(options: SessionRegistryOptions) {
    this.#options = options
    this.#kept = new KeptSessions({
      duration: options.keepFor,
      // Most places are for those who ask, and for what is kept ready for them.
      maximum: Math.max(1, Math.floor(options.maxSessions / 4)),
      onChange: () => (options.pool.room = this.#room),
      log: options.log,
    })
  }

  /** How many there are of each thing that must come back to where it was. */
  get counters(): SessionCounters {
    const total = (of: (session: Session) => number): number =>
      [...this.#sessions.values()].reduce((sum, session) => sum + of(session), 0)
    return {
      sessions: this.#sessions.size,
      starting: this.#starting.count,
      kept: this.#kept.size,
      closing: this.#closing.size + this.#kept.ending,
      executions: total((session) => session.executionCount),
      cdpClients: total((session) => session.clientCount),
      screencasts: total((session) => session.live.castCount),
      pool: this.#options.pool.counters,
      profiles: this.#options.profiles.counters,
    }
  }

  /** Why nobody can have a session now; undefined when one can be had. */
  get obstacle(): 'stopping' | 'full' | 'failing' | undefined {
    if (this.#stopping.signal.aborted) return 'stopping'
    if (this.#room <= 0) return 'full'
    return this.#options.pool.isFailing ? 'failing' : undefined
  }

  /** Begins to keep sessions ready. */
  warmUp(): void {
    this.#options.pool.room = this.#room
  }

  /**
   * Starts a session.
   *
   * @param signal Whether somebody still waits for it; when not, it is ended.
   * @throws InsufficientCreditsError, SessionLimitError, ProfileLockedError,
   *   ProfileUnreadableError, ShuttingDownError, BrowserLaunchError
   */
  async create(specification: SessionSpecification, signal?: AbortSignal): Promise<Session> {
    await this.#options.billing.check(specification)
    const session = await this.#start(specification, { listed: true, signal })
    this.#options.pool.prepare(session)
    return session
  }

  /**
   * Lets prompts drive a session, from the first one of them on at their price.
   *
   * @throws InsufficientCreditsError when the session could not be paid for to its end
   */
  async beginPrompts(session: Session): Promise<void> {
    if (session.prompted) return
    await this.#options.billing.beginPrompts(session)
    session.prompted = true
    await this.#options.records.begin(recordOf(session))
  }

  /**
   * Lends out a session that nobody else sees. Afterwards it ends, or stays for a while under the
   * name that the task's result is given, so that `resume` finds it.
   */
  async lend<Result>(
    specification: SessionSpecification,
    task: (session: Session) => Promise<Result>,
    options: {
      signal?: AbortSignal
      keepAs?: (result: Result) => string | undefined
    } = {},
  ): Promise<Result> {
    const { signal, keepAs } = options
    const session = await this.#start(specification, { listed: false, signal })
    try {
      const mayStay = keepAs !== undefined && this.#kept.enabled
      if (!mayStay) await session.runNoCode()
      const result = await task(session)
      const name = mayStay ? keepAs(result) : undefined
      if (name !== undefined && !this.#stopping.signal.aborted) {
        const parts = session.handOver()
        if (parts) this.#kept.keep(name, session.keyId, parts)
      }
      return result
    } finally {
      // One that was handed over has ended already.
      await session.destroy('released')
      this.#options.pool.room = this.#room
    }
  }

  /**
   * Goes on with a session that was kept under that name.
   *
   * @returns undefined when there is none any more
   * @throws InsufficientCreditsError, ShuttingDownError
   */
  async resume(name: string, specification: SessionSpecification): Promise<Session | undefined> {
    await this.#options.billing.check(specification)
    this.#stopping.signal.throwIfAborted()
    const start: Start = { keyId: specification.keyId, isEntered: false }
    const starting = this.#kept.take(name).then(async (parts) => {
      if (!parts) return undefined
      start.isEntered = true
      return this.#enter(new Session(parts, specification), { listed: true })
    })
    // It has a place all the time.
    this.#starting.add(starting, start)
    try {
      const session = await starting
      if (session) this.#options.pool.prepare(session)
      return session
    } finally {
      this.#starting.delete(starting)
      this.#options.pool.room = this.#room
    }
  }

  /** Ends what was kept under that name: nobody will come back to it. */
  forget(name: string): void {
    this.#kept.giveUp(name)
  }

  /** Makes a living standalone session one that continues a scrape. */
  async bindToScrape(session: Session, scrapeId: string): Promise<void> {
    session.scrapeId = scrapeId
    await this.#options.records.begin(recordOf(session))
  }

  /**
   * The living session of that id.
   *
   * @throws SessionNotFoundError, SessionForbiddenError, SessionEndedError, in
   *   that order.
   */
  async find(id: string, keyId: string): Promise<Session> {
    const session = this.#sessions.get(id)
    if (session?.keyId === keyId) return session
    if (session) throw new SessionForbiddenError()
    const record = await this.describe(id, keyId)
    throw new SessionEndedError(record.end?.reason ?? 'released')
  }

  /** The living session of that id, for whoever has a capability of it; no key is needed. */
  peek(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /**
   * Why a session that is not living ended, for whoever asks without a key.
   *
   * @throws SessionNotFoundError
   */
  async endReasonOf(id: string): Promise<EndReason> {
    const owner = isUuid(id) ? await this.#options.records.ownerOf(id) : undefined
    if (owner === undefined) throw new SessionNotFoundError()
    return (await this.describe(id, owner)).end?.reason ?? 'released'
  }

  /**
   * What is known of a session, living or ended.
   *
   * @throws SessionNotFoundError, SessionForbiddenError
   */
  async describe(id: string, keyId: string): Promise<SessionRecord> {
    const owner = isUuid(id) ? await this.#options.records.ownerOf(id) : undefined
    if (owner === undefined) throw new SessionNotFoundError()
    if (owner !== keyId) throw new SessionForbiddenError()
    const session = this.#sessions.get(id)
    if (session) return recordOf(session)
    await this.#closing.get(id)?.catch(() => {})
    const record = await this.#options.records.find(keyId, id)
    // When its record has expired, all that is left is that it once was.
    return this.#upToDate(
      record ?? { id, keyId, streamWebView: false, createdAt: 0, lastActivity: 0 },
    )
  }

  /** The sessions of a key, newest first. */
  async list(keyId: string): Promise<SessionRecord[]> {
    const records = await this.#options.records.list(keyId)
    return records.map((record) => this.#upToDate(record))
  }

  #upToDate(record: SessionRecord): SessionRecord {
    const session = this.#sessions.get(record.id)
    if (session) return recordOf(session)
    const end = record.end ?? this.#ends.get(record.id) ?? unknownEnd
    return { ...record, end }
  }

  /**
   * Ends a session, and gives how it ended; for one that has ended already, how
   * that was.
   *
   * @throws SessionNotFoundError, SessionForbiddenError, SessionReleaseError
   */
  async release(id: string, keyId: string): Promise<SessionEnd> {
    const session = this.#sessions.get(id)
    if (session && session.keyId === keyId) {
      const end = await session.destroy('released')
      // Who hears of the end finds it written down, and the session's place free.
      await this.#closing.get(id)?.catch(() => {})
      return end
    }
    const record = await this.describe(id, keyId)
    await this.#unreleased.get(id)?.removeRest()
    this.#unreleased.delete(id)
    return record.end ?? unknownEnd
  }

  /** Takes no more sessions and ends those that there are. */
  async close(reason: EndReason): Promise<void> {
    this.#stopping.abort(new ShuttingDownError())
    const ends = [this.#options.pool.close(), this.#kept.close()]
    await Promise.allSettled([this.#starting.settled(), ...ends])
    const living = [...this.#sessions.values()]
    await Promise.allSettled(living.map((session) => session.destroy(reason)))
    await Promise.allSettled(this.#closing.values())
  }

  async #start(specification: SessionSpecification, options: StartOptions): Promise<Session> {
    this.#stopping.signal.throwIfAborted()
    const { keyLimits, maxSessions, pool, profiles } = this.#options
    const { keyId } = specification
    const { sessions: ownLimit = maxSessions } = await keyLimits.of(keyId)
    this.#stopping.signal.throwIfAborted()
    // From here to the entry below nothing else can happen.
    if (this.#countOf(keyId) >= ownLimit && !this.#kept.giveUpOldest(keyId)) {
      throw new SessionLimitError(ownLimit)
    }
    if (this.#room <= 0 && !this.#kept.giveUpOldest()) throw new SessionLimitError(maxSessions)
    const signals = [this.#stopping.signal, ...(options.signal ? [options.signal] : [])]
    const named = specification.profile
    const profile: Profile | undefined = named && profiles.open({ keyId, name: named.name }, named)
    const start: Start = { keyId, isEntered: false }
    const enter = (parts: SessionParts): Promise<Session> => {
      start.isEntered = true
      return this.#enter(new Session(parts, specification), options)
    }
    const starting = pool.claim(AbortSignal.any(signals), enter, profile)
    this.#starting.add(starting, start)
    pool.room = this.#room
    try {
      return await starting
    } catch (error) {
      profile?.close()
      throw error
    } finally {
      this.#starting.delete(starting)
      pool.room = this.#room
    }
  }

  /** How many more sessions there may be. */
  get #room(): number {
    const inUse = this.#sessions.size + this.#starting.count + this.#closing.size
    return this.#options.maxSessions - inUse - this.#kept.size
  }

  /** Sessions of a key, those on their way included. */
  #countOf(keyId: string): number {
    const living = [...this.#sessions.values()].filter((session) => session.keyId === keyId)
    return living.length + this.#starting.countOf(keyId) + this.#kept.countOf(keyId)
  }

  /** From here on the session can be found. */
  async #enter(session: Session, { listed }: StartOptions): Promise<Session> {
    const { billing, log, observer, records, pool } = this.#options
    session.onExecuted = (...execution) => observer?.executed(...execution)
    this.#sessions.set(session.id, session)
    session.onProfileLost = (error) => {
      log.error({ sessionId: session.id, err: error }, 'a profile was not saved')
    }
    const begun = listed ? this.#begin(session) : undefined
    const isRecorded =
      listed &&
      begun?.then(
        () => true,
        () => false,
      )
    session.onClosing = (reason, ended) => {
      this.#sessions.delete(session.id)
      const duration = Date.now() - session.createdAt
      const credits = creditsFor(duration, session.prompted)
      this.#ends.set(session.id, { reason, duration, credits })
      ended.catch(() => this.#unreleased.set(session.id, session))
      const recorded = settled(session, reason, ended, log).then(async (end) => {
        this.#ends.set(session.id, end)
        // In this order: what is not billed yet is found by its record at the next start.
        if (await isRecorded) {
          await records.end({ ...recordOf(session), end })
          await billing.end(session, end.credits)
          observer?.ended(end.reason, end.credits)
        }
        this.#ends.delete(session.id)
        return end
      })
      this.#closing.set(session.id, recorded)
      recorded
        .catch((error: unknown) => {
          log.error({ sessionId: session.id, err: error }, 'the end of a session was not recorded')
        })
        .finally(() => {
          this.#closing.delete(session.id)
          pool.room = this.#room
        })
    }
    try {
      await begun
    } catch (error) {
      await session.destroy('released')
      throw persistFailure(error)
    }
    log.info({ sessionId: session.id, keyId: session.keyId, listed }, 'session started')
    return session
  }

  /** @throws InsufficientCreditsError when others of the key have spent them meanwhile */
  async #begin(session: Session): Promise<void> {
    const { billing, records } = this.#options
    await billing.begin(session)
    try {
      await records.begin(recordOf(session))
    } catch (error) {
      await billing.end(session, 0).catch(() => {})
      throw error
    }
  }
}
