import { timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Store, StoreRecord } from '../store/store.ts'
import { generateKey, hashKey } from './hashed-key.ts'
import type { HashedKey } from './hashed-key.ts'

const keyPrefix = 'api-key/'
const stampIntervalMs = 60_000
const environmentName = 'TANDEM_API_KEYS'

const storedKey = z.object({
  id: z.string(),
  name: z.string(),
  hash: z.string(),
  createdAt: z.number(),
  lastUsedAt: z.number().optional(),
  revokedAt: z.number().optional(),
})
type StoredKey = z.infer<typeof storedKey>

/** Who calls. The id of the key is the team: two keys are two teams. */
export interface KeyIdentity {
  readonly id: string
  readonly name: string
}

/** What may be shown of a key. Times are milliseconds since 1970. */
export interface KeySummary extends KeyIdentity {
  readonly source: 'store' | 'environment'
  readonly createdAt?: number
  /** Within a minute. Of a key from the environment: since this process began. */
  readonly lastUsedAt?: number
  readonly revokedAt?: number
}

export type RevokeResult = 'revoked' | 'already-revoked' | 'from-environment' | 'unknown'

/** A key could not be made; the message says why. */
export class ApiKeyError extends Error {
  override readonly name = 'ApiKeyError'
}

/**
 * The API keys of a server: those in the store, which `tandem keys` manages
 * while the server runs, and those that the environment gives for as long as
 * the process lives.
 *
 * Nothing is cached. A verification reads one row by its primary key, some
 * ten microseconds, so a key that another process revokes stops working with
 * the very next request.
 */
export class ApiKeys {
  readonly #store: Store
  readonly #environmentKeys = new Map<string, HashedKey>()
  /** When the use of a key was last written down, by this process. */
  readonly #stampedAt = new Map<string, number>()

  constructor(store: Store, environmentKeys: readonly HashedKey[] = []) {
    this.#store = store
    for (const key of environmentKeys) this.#environmentKeys.set(key.id, key)
  }

  /** Makes a key. It is in the answer and nowhere else: only its hash is kept. */
  async add(options: { name: string }): Promise<{ id: string; key: string }> {
    const name = options.name.trim()
    if (!/^[^\p{Cc}]{1,100}$/u.test(name)) {
      throw new ApiKeyError('The name of a key has 1 to 100 characters, none a control character.')
    }
    const key = generateKey()
    const { id, hash } = hashKey(key)
    const stored: StoredKey = { id, name, hash, createdAt: Date.now() }
    const created = await this.#store.createIfAbsent(keyPrefix + id, stored, { durable: true })
    if (!created) throw new ApiKeyError('The new key collided with an existing one; try again.')
    return { id, key }
  }

  /** All keys, also the revoked ones, oldest first; those of the environment last. */
  async list(): Promise<KeySummary[]> {
    const records = await this.#store.listByPrefix(keyPrefix)
    const stored = records.map((record) => {
      const { hash: _, ...shown } = parse(record)
      return { ...shown, source: 'store' as const } as KeySummary & StoredKey
    })
    stored.sort((a, b) => a.createdAt - b.createdAt)
    const environment = [...this.#environmentKeys.keys()].map((id): KeySummary => {
      const lastUsedAt = this.#stampedAt.get(id)
      const used = lastUsedAt === undefined ? {} : { lastUsedAt }
      return { id, name: environmentName, source: 'environment', ...used }
    })
    return [...stored, ...environment]
  }

  /** From its answer on the key is refused, in every process that has this store open. */
  async revoke(id: string): Promise<RevokeResult> {
    for (;;) {
      const record = await this.#store.get(keyPrefix + id)
      if (!record) return this.#environmentKeys.has(id) ? 'from-environment' : 'unknown'
      const key = parse(record)
      if (key.revokedAt !== undefined) return 'already-revoked'
      const revoked = { ...key, revokedAt: Date.now() }
      // Durable: a power cut must not bring a revoked key back to life.
      const options = { durable: true }
      if (await this.#store.compareAndSet(record.key, record.version, revoked, options)) {
        return 'revoked'
      }
      // Somebody stamped it between our read and our write: once more.
    }
  }

  /** Who presents this key; `undefined` when it is no key, or no longer one. */
  async verify(presentedKey: string): Promise<KeyIdentity | undefined> {
    const presented = hashKey(presentedKey)
    const record = await this.#store.get(keyPrefix + presented.id)
    if (record) {
      const key = parse(record)
      if (key.revokedAt !== undefined || !isSameHash(key.hash, presented.hash)) return undefined
      if (this.#noteUse(key.id, key.lastUsedAt)) await this.#stamp(record, key)
      return { id: key.id, name: key.name }
    }
    const key = this.#environmentKeys.get(presented.id)
    if (!key || !isSameHash(key.hash, presented.hash)) return undefined
    this.#noteUse(key.id)
    return { id: key.id, name: environmentName }
  }

  /** Whether this use is the first in a minute, and so to be written down. */
  #noteUse(id: string, lastUsedAt = 0): boolean {
    const now = Date.now()
    const latest = Math.max(lastUsedAt, this.#stampedAt.get(id) ?? 0)
    if (now - latest < stampIntervalMs) return false
    this.#stampedAt.set(id, now)
    return true
  }

  async #stamp(record: StoreRecord, key: StoredKey): Promise<void> {
    try {
      // Only over what was read: it must never undo a revocation.
      const stamped = { ...key, lastUsedAt: Date.now() }
      await this.#store.compareAndSet(record.key, record.version, stamped)
    } catch {
      // The store cannot be written just now. That is no reason to refuse a
      // good key, and the next try comes in a minute.
    }
  }
}

function parse(record: StoreRecord): StoredKey {
  return storedKey.parse(record.value)
}

/** In constant time, so that nothing about a stored hash can be timed. */
function isSameHash(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
