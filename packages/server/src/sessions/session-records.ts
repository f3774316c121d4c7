import type { EndReason } from '@tandem-browser/core'
import { z } from 'zod'
import type { Store } from '../store/store.ts'
import { creditsFor } from './credits.ts'
import type { Session } from './session.ts'

const sessionRecord = z.object({
  id: z.string(),
  keyId: z.string(),
  scrapeId: z.string().optional(),
  streamWebView: z.boolean(),
  /** Milliseconds since 1970, like every time here. */
  createdAt: z.number(),
  lastActivity: z.number(),
  /** When it ends at the latest. */
  expiresAt: z.number().optional(),
  /** Whether a prompt was used: then it costs more. */
  prompted: z.boolean().optional(),
  end: z
    .object({
      reason: z.enum([
        'released',
        'ttl',
        'idle',
        'crashed',
        'out_of_memory',
        'out_of_disk',
        'server_shutdown',
        'node_lost',
      ] satisfies EndReason[]),
      duration: z.number(),
      /** What was billed for it. */
      credits: z.number(),
      profileError: z.string().optional(),
    })
    .optional(),
})

/** What is kept of a session beyond its own life. */
export type SessionRecord = z.infer<typeof sessionRecord>

/** How long an ended session is listed, in milliseconds. That it ended is known for ever. */
const retention = 30 * 24 * 60 * 60 * 1000

/** The sessions of all keys, living and ended, as the store has them. */
export class SessionRecords {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Writes down a session that has begun, or what has changed of one that goes on. */
  async begin(record: SessionRecord): Promise<void> {
    await this.#store.put(ownerKey(record.id), record.keyId)
    await this.#store.put(recordKey(record), record)
  }

  /** Writes down how a session ended. */
  async end(record: Required<Pick<SessionRecord, 'end'>> & SessionRecord): Promise<void> {
    await this.#store.put(recordKey(record), record, { expiresAt: Date.now() + retention })
  }

  /** The key that a session belongs to; undefined when there never was such a session. */
  async ownerOf(id: string): Promise<string | undefined> {
    const owner = await this.#store.get(ownerKey(id))
    return typeof owner?.value === 'string' ? owner.value : undefined
  }

  /** Undefined also when the session ended longer ago than records are kept. */
  async find(keyId: string, id: string): Promise<SessionRecord | undefined> {
    const stored = await this.#store.get(recordKey({ keyId, id }))
    return sessionRecord.safeParse(stored?.value).data
  }

  /** The sessions of a key, newest first. */
  async list(keyId: string): Promise<SessionRecord[]> {
    const records = await this.#read(`session/${keyId}/`)
    // Not in the order of their ids: those are as old as the browsers, which were ready before.
    return records.reverse().toSorted((one, other) => other.createdAt - one.createdAt)
  }

  /**
   * Ends the records of sessions that a killed server left behind.
   *
   * @param lastSeen When that server was last known to live.
   * @returns How many there were.
   */
  async endAbandoned(lastSeen: number): Promise<number> {
    const abandoned = (await this.#read('session/')).filter((record) => !record.end)
    for (const record of abandoned) {
      const { createdAt, lastActivity, expiresAt = Infinity } = record
      const endedAt = Math.min(Math.max(lastSeen, lastActivity), expiresAt)
      const duration = Math.max(0, endedAt - createdAt)
      const credits = creditsFor(duration, record.prompted)
      await this.end({ ...record, end: { reason: 'server_shutdown', duration, credits } })
    }
    return abandoned.length
  }

  async #read(prefix: string): Promise<SessionRecord[]> {
    const rows = await this.#store.listByPrefix(prefix)
    return rows.flatMap((row) => sessionRecord.safeParse(row.value).data ?? [])
  }
}

function recordKey({ keyId, id }: Pick<SessionRecord, 'keyId' | 'id'>): string {
  return `session/${keyId}/${id}`
}

function ownerKey(id: string): string {
  return `session-owner/${id}`
}

/** What is to be kept of a living session. */
export function recordOf(session: Session): SessionRecord {
  return {
    id: session.id,
    keyId: session.keyId,
    ...(session.scrapeId === undefined ? {} : { scrapeId: session.scrapeId }),
    streamWebView: session.streamWebView,
    createdAt: session.createdAt,
    lastActivity: session.lifetime.lastActivity,
    expiresAt: session.lifetime.expiresAt,
    ...(session.prompted ? { prompted: true } : {}),
  }
}
