import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Store } from './store.ts'

/** Milliseconds for which an answer is kept. */
const retention = 24 * 60 * 60 * 1000

/** Bytes from which on an answer lies in a blob of its own, so that a start need not read it. */
const inlineBytes = 4 * 1024

/** How much is kept. */
export interface KeptAnswerBounds {
  /** Bytes above which an answer is not kept, only that there was one. */
  answerBytes: number
  /** Of all answers of one owner; the oldest go first. */
  ownerBytes: number
  ownerAnswers: number
}

const defaultBounds: KeptAnswerBounds = {
  answerBytes: 32 * 1024 * 1024,
  ownerBytes: 64 * 1024 * 1024,
  ownerAnswers: 10_000,
}

const prefix = 'idempotency/'

const keptAnswer = z.object({
  fingerprint: z.string(),
  bytes: z.number(),
  keptAt: z.number(),
  place: z.enum(['here', 'blob', 'nowhere']),
  /** Only of one that lies here. */
  answer: z.unknown().optional(),
})

/** What is known of an answer without reading it. */
interface Entry {
  /** Of what was asked for. */
  fingerprint: string
  bytes: number
  expiresAt: number
}

/** The answers of one owner, oldest first. */
interface Shelf {
  entries: Map<string, Entry>
  bytes: number
}

/** An answer that was given, and is not here any more. */
export class AnswerLostError extends Error {
  override readonly name = 'AnswerLostError'

  constructor() {
    super(
      'The call with this Idempotency-Key was done, but its answer was too large to be kept. ' +
        'To do it once more, use a new key.',
    )
  }
}

/** Answers that may be asked for again, also after a restart; bounded for each of their owners. */
export class KeptAnswers {
  readonly #store: Store
  readonly #bounds: KeptAnswerBounds
  readonly #shelves = new Map<string, Shelf>()

  private constructor(store: Store, bounds: KeptAnswerBounds) {
    this.#store = store
    this.#bounds = bounds
  }

  /** @param store Encrypts what it keeps: answers hold capability URLs. */
  static async open(store: Store, bounds = defaultBounds): Promise<KeptAnswers> {
    const answers = new KeptAnswers(store, bounds)
    const rows = (await store.listByPrefix(prefix)).flatMap(({ key, value }) => {
      const { data } = keptAnswer.safeParse(value)
      const [, owner = '', name = ''] = key.split('/')
      return data ? [{ owner, name, data }] : []
    })
    rows.sort((one, other) => one.data.keptAt - other.data.keptAt)
    for (const { owner, name, data } of rows) {
      const { fingerprint, bytes, keptAt } = data
      answers.#enter(owner, name, { fingerprint, bytes, expiresAt: keptAt + retention })
    }
    return answers
  }

  /** What the call of that name was asked for; undefined when nothing is kept of one. */
  fingerprintOf(owner: string, name: string): string | undefined {
    const entry = this.#shelves.get(owner)?.entries.get(hashOf(name))
    return entry && entry.expiresAt > Date.now() ? entry.fingerprint : undefined
  }

  /** @throws AnswerLostError */
  async read(owner: string, name: string): Promise<unknown> {
    const key = rowKey(owner, hashOf(name))
    const { data } = keptAnswer.safeParse((await this.#store.get(key))?.value)
    if (data?.place === 'here') return data.answer
    const blob = data?.place === 'blob' ? await this.#store.getBlob(key) : undefined
    if (!blob) throw new AnswerLostError()
    return JSON.parse(Buffer.from(blob).toString('utf8'))
  }

  async keep(
    owner: string,
    name: string,
    { fingerprint, answer }: { fingerprint: string; answer: unknown },
  ): Promise<void> {
    const keptAt = Date.now()
    const expiresAt = keptAt + retention
    const hash = hashOf(name)
    const key = rowKey(owner, hash)
    const text = Buffer.from(JSON.stringify(answer))
    const place = this.#placeFor(text.length)
    const bytes = place === 'nowhere' ? 0 : text.length
    // In this order: a row says of its blob that it is there.
    if (place === 'blob') await this.#store.putBlob(key, text, { expiresAt })
    const row = { fingerprint, bytes, keptAt, place, ...(place === 'here' ? { answer } : {}) }
    await this.#store.put(key, row, { expiresAt })
    const shelf = this.#enter(owner, hash, { fingerprint, bytes, expiresAt })
    for (const [oldest, entry] of shelf.entries) {
      const { ownerBytes, ownerAnswers } = this.#bounds
      const isFull = shelf.bytes > ownerBytes || shelf.entries.size > ownerAnswers
      if (!isFull && entry.expiresAt > keptAt) break
      await this.#drop(owner, shelf, oldest)
    }
  }

  #placeFor(bytes: number): 'here' | 'blob' | 'nowhere' {
    if (bytes > this.#bounds.answerBytes) return 'nowhere'
    return bytes <= inlineBytes ? 'here' : 'blob'
  }

  #enter(owner: string, hash: string, entry: Entry): Shelf {
    let shelf = this.#shelves.get(owner)
    if (!shelf) this.#shelves.set(owner, (shelf = { entries: new Map(), bytes: 0 }))
    shelf.bytes += entry.bytes - (shelf.entries.get(hash)?.bytes ?? 0)
    shelf.entries.delete(hash)
    shelf.entries.set(hash, entry)
    return shelf
  }

  async #drop(owner: string, shelf: Shelf, hash: string): Promise<void> {
    shelf.bytes -= shelf.entries.get(hash)?.bytes ?? 0
    shelf.entries.delete(hash)
    await this.#store.delete(rowKey(owner, hash))
    await this.#store.deleteBlob(rowKey(owner, hash))
  }
}

/** Names come from clients; as hashes they are of one length, and say nothing. */
function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}

function rowKey(owner: string, hash: string): string {
  return `${prefix}${owner}/${hash}`
}
