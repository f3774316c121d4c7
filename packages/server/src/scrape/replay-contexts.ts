import type { ScrapeRequest } from '@tandem-browser/core'
import { z } from 'zod'
import { UnreadableValueError } from '../store/sealed-store.ts'
import type { Store, StoreRecord } from '../store/store.ts'
import { ReplayUnavailableError } from './scrape-error.ts'

const replayContext = z.object({
  keyId: z.string(),
  /** Missing when the scrape was to leave nothing behind. */
  request: z.custom<ReplayRequest>((value) => typeof value === 'object').optional(),
  /** The session that continues the scrape. One for life: it is never replaced. */
  sessionId: z.string().optional(),
})

/** The part of a scrape's request that its page depends on. */
export type ReplayRequest = Pick<
  ScrapeRequest,
  | ('url' | 'headers' | 'waitFor' | 'actions' | 'profile')
  | ('mobile' | 'location' | 'skipTlsVerification' | 'blockAds')
>

/** What is kept of a scrape so that its page can be reached again. */
export type ReplayContext = z.infer<typeof replayContext>

/** How long a scrape can be continued, in milliseconds. */
const retention = 24 * 60 * 60 * 1000

/** The scrapes that can be continued, as the store has them. */
export class ReplayContexts {
  readonly #store: Store

  /** @param store Encrypts what it keeps: an address may hold a secret. */
  constructor(store: Store) {
    this.#store = store
  }

  async add(scrapeId: string, context: ReplayContext): Promise<void> {
    await this.#store.put(rowKey(scrapeId), context, { expiresAt: Date.now() + retention })
  }

  /** @throws ReplayUnavailableError when there is something that cannot be read any more */
  async find(scrapeId: string): Promise<ReplayContext | undefined> {
    return (await this.#read(scrapeId))?.context
  }

  /** Binds a session to a scrape. False when another was bound, or the scrape is gone. */
  async bind(scrapeId: string, sessionId: string): Promise<boolean> {
    const row = await this.#read(scrapeId)
    if (!row || row.context.sessionId !== undefined) return false
    const context = { ...row.context, sessionId }
    // What the session did is known as long as the session itself.
    const bound = await this.#store.compareAndSet(rowKey(scrapeId), row.record.version, context, {
      expiresAt: Date.now() + 30 * retention,
    })
    return bound !== undefined
  }

  async #read(
    scrapeId: string,
  ): Promise<{ record: StoreRecord; context: ReplayContext } | undefined> {
    const record = await this.#store.get(rowKey(scrapeId)).catch((error: unknown) => {
      // Sealed with a key that is gone.
      throw error instanceof UnreadableValueError ? new ReplayUnavailableError() : error
    })
    if (!record) return undefined
    const context = replayContext.safeParse(record.value).data
    if (!context) throw new ReplayUnavailableError()
    return { record, context }
  }
}

function rowKey(scrapeId: string): string {
  return `scrape/${scrapeId}`
}
