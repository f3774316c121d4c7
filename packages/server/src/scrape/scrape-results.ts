import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { ScrapeDocument } from '@tandem-browser/core'
import type { Store } from '../store/store.ts'

/** How long what a scrape gave can be fetched again, in milliseconds. */
const retention = 60 * 60 * 1000

/** Bytes, packed. Larger ones are not kept. */
const sizeLimit = 32 * 1024 * 1024

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/** What scrapes gave, for those who ask for it again. */
export class ScrapeResults {
  readonly #store: Store

  /** @param store Encrypts what it keeps: a page may have been behind a log-in. */
  constructor(store: Store) {
    this.#store = store
  }

  async add(scrapeId: string, document: ScrapeDocument): Promise<void> {
    const bytes = await pack(JSON.stringify(document), { level: 1 })
    if (bytes.length > sizeLimit) return
    await this.#store.putBlob(blobKey(scrapeId), bytes, { expiresAt: Date.now() + retention })
  }

  /** Undefined when it was too large or too long ago. */
  async find(scrapeId: string): Promise<ScrapeDocument | undefined> {
    const bytes = await this.#store.getBlob(blobKey(scrapeId))
    if (!bytes) return undefined
    return JSON.parse((await unpack(bytes)).toString()) as ScrapeDocument
  }
}

function blobKey(scrapeId: string): string {
  return `scrape-result/${scrapeId}`
}
