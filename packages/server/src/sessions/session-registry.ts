import type { EndReason } from '@tandem-browser/core'
import type { Logger } from 'pino'
import { validate as isUuid } from 'uuid'
import {
  SessionEndedError,
  SessionForbiddenError,
  SessionLimitError,
  SessionNotFoundError,
  ShuttingDownError,
} from './session-error.ts'
import type { SessionPool } from './session-pool.ts'
import type { SessionRecord, SessionRecords } from './session-records.ts'
import { Session, type SessionEnd, type SessionSpecification } from './session.ts'

export interface SessionRegistryOptions {
  pool: SessionPool
  records: SessionRecords
  maxSessions: number
  log: Logger
}

export interface SessionCounters {
  sessions: number
  starting: number
  closing: number
  cdpClients: number
  /** Sessions that nobody has yet; those that somebody waits for are under way here as well. */
  pool: { ready: number; starting: number }
}

/** Every session of this server: who has it, how many there are, and how they ended. */
export class SessionRegistry {
  readonly #options: SessionRegistryOptions
  readonly #sessions = new Map<string, Session>()
  /** Sessions on their way out, which nobody finds any more. */
  readonly #closing = new Map<string, Promise<SessionEnd>>()
  /** Ends that the store does not have: not yet, or not at all because it could not be written. */
  readonly #ends = new Map<string, SessionEnd>()
  readonly #starting = new Set<Promise<Session>>()
  /** Aborted when the server stops. */
  readonly #stopping = new AbortController()

  constructor(options: SessionRegistryOptions) {
    this.#options = options
  }

  /** How many there are of each thing that must come back to where it was. */
  get counters(): SessionCounters {
    const clients = [...this.#sessions.values()].map((session) => session.clientCount)
    return {
      sessions: this.#sessions.size,
      starting: this.#starting.size,
      closing: this.#closing.size,
      cdpClients: clients.reduce((sum, count) => sum + count, 0),
      pool: this.#options.pool.counters,
    }
  }

  /** Begins to keep sessions ready. */
  warmUp(): void {
    this.#options.pool.room = this.#room
  }

  /**
   * Starts a session.
   *
   * @param signal Whether somebody still waits for it; when not, it is ended.
   * @throws SessionLimitError, ShuttingDownError, BrowserLaunchError
   */
  async create(specification: SessionSpecification, signal?: AbortSignal): Promise<Session> {
    const session = await this.#start(specification, { listed: true, signal })
    this.#options.pool.prepare(session)
    return session
  }

  /** Lends out a session that nobody else sees, and ends it afterwards. */
  async lend<Result>(
    specification: SessionSpecification,
    task: (session: Session) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const session = await this.#start(specification, { listed: false, signal })
    try {
      await session.runNoCode()
      return await task(session)
    } finally {
      await session.destroy('released')
    }
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
    const duration = record.lastActivity - record.createdAt
    const end = record.end ?? this.#ends.get(record.id) ?? { reason: 'released', duration }
    return { ...record, end }
  }

  /**
   * Ends a session, and gives how it ended; for one that has ended already, how
   * that was.
   *
   * @throws SessionNotFoundError, SessionForbiddenError
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
    return record.end ?? { reason: 'released', duration: 0 }
  }

  /** Takes no more sessions and ends those that there are. */
  async close(reason: EndReason): Promise<void> {
    this.#stopping.abort(new ShuttingDownError())
    await Promise.allSettled([...this.#starting, this.#options.pool.close()])
    const living = [...this.#sessions.values()]
    await Promise.allSettled(living.map((session) => session.destroy(reason)))
    await Promise.allSettled(this.#closing.values())
  }

  async #start(specification: SessionSpecification, options: StartOptions): Promise<Session> {
    this.#stopping.signal.throwIfAborted()
    const { maxSessions, pool } = this.#options
    if (this.#room <= 0) throw new SessionLimitError(maxSessions)
    const signals = [this.#stopping.signal, ...(options.signal ? [options.signal] : [])]
    const starting = pool.claim(AbortSignal.any(signals), (parts) =>
      this.#enter(new Session(parts, specification), options),
    )
    this.#starting.add(starting)
    pool.room = this.#room
    try {
      return await starting
    } finally {
      this.#starting.delete(starting)
      pool.room = this.#room
    }
  }

  /** How many more sessions there may be. */
  get #room(): number {
    const { maxSessions } = this.#options
    return maxSessions - this.#sessions.size - this.#starting.size - this.#closing.size
  }

  /** From here on the session can be found. */
  async #enter(session: Session, { listed }: StartOptions): Promise<Session> {
    const { log, records, pool } = this.#options
    this.#sessions.set(session.id, session)
    const begun = listed ? records.begin(recordOf(session)) : undefined
    session.onClosing = (reason, ended) => {
      this.#sessions.delete(session.id)
      this.#ends.set(session.id, { reason, duration: Date.now() - session.createdAt })
      const recorded = this.#settle(session, reason, ended).then(async (end) => {
        this.#ends.set(session.id, end)
        await begun
        if (listed) await records.end({ ...recordOf(session), end })
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
      throw error
    }
    log.info({ sessionId: session.id, keyId: session.keyId, listed }, 'session started')
    return session
  }

  /** A session whose teardown failed has ended all the same; operators hear of what is left. */
  async #settle(
    session: Session,
    reason: EndReason,
    ended: Promise<SessionEnd>,
  ): Promise<SessionEnd> {
    const { log } = this.#options
    const { id } = session
    try {
      const end = await ended
      log.info({ sessionId: id, endReason: reason, durationMs: end.duration }, 'session ended')
      return end
    } catch (error) {
      log.error({ sessionId: id, endReason: reason, err: error }, 'session did not end cleanly')
      return { reason, duration: Date.now() - session.createdAt }
    }
  }
}

interface StartOptions {
  /** Whether its owner sees it; a session that is only lent out is not. */
  listed: boolean
  signal?: AbortSignal | undefined
}

function recordOf(session: Session): SessionRecord {
  return {
    id: session.id,
    keyId: session.keyId,
    ...(session.scrapeId === undefined ? {} : { scrapeId: session.scrapeId }),
    streamWebView: session.streamWebView,
    createdAt: session.createdAt,
    lastActivity: session.lifetime.lastActivity,
  }
}
