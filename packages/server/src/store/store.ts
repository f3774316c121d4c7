/**
 * What must survive a restart, behind an interface that an engine shared by
 * several servers can implement as well: every call is asynchronous, every
 * change is one atomic step on one key, and there are no transactions over
 * keys.
 *
 * A key is 1 to 512 UTF-16 units of well-formed Unicode without U+0000 and
 * U+10FFFF. A key that has expired is as good as absent for every call.
 */
export interface Store {
  get(key: string): Promise<StoreRecord | undefined>

  /** The records whose key begins with `prefix`, ordered by key (by code point). */
  listByPrefix(prefix: string): Promise<StoreRecord[]>

  /** Writes only when the key is absent; answers `undefined` when it is taken. */
  createIfAbsent(
    key: string,
    value: unknown,
    options?: WriteOptions,
  ): Promise<StoreRecord | undefined>

  /**
   * Replaces the record (value and expiry) only when it still has `version`,
   * the one that was read. Answers `undefined` when it was changed or deleted
   * since.
   */
  compareAndSet(
    key: string,
    version: string,
    value: unknown,
    options?: WriteOptions,
  ): Promise<StoreRecord | undefined>

  /** Writes whatever was there. */
  put(key: string, value: unknown, options?: WriteOptions): Promise<StoreRecord>

  /** Whether there was a record to delete. */
  delete(key: string): Promise<boolean>

  /** Blobs have keys of their own, apart from those of the records. */
  getBlob(key: string): Promise<Uint8Array | undefined>
  putBlob(key: string, bytes: Uint8Array, options?: WriteOptions): Promise<void>
  /** Whether there was a blob to delete. */
  deleteBlob(key: string): Promise<boolean>
}

export interface StoreRecord {
  readonly key: string
  /** What was written, as it comes out of JSON. */
  readonly value: unknown
  /**
   * Opaque. Changes at every write and never comes back, not even when the
   * key is deleted and made again, so that `compareAndSet` cannot mistake one
   * record for another.
   */
  readonly version: string
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
}

export interface WriteOptions {
  /** Milliseconds since 1970; without it the record stays until it is deleted. */
  readonly expiresAt?: number
  /**
   * Whether the answer waits until the write would outlive a power cut as
   * well. Without it a write outlives the death of the process, which is
   * enough for what only matters while the machine is up. Default: false.
   */
  readonly durable?: boolean
}

const highestCodePoint = '\u{10ffff}'

/** Throws a sentence when `key` cannot be stored by every engine alike. */
export function checkKey(key: string): void {
  if (key.length === 0 || key.length > 512) {
    throw new TypeError(`A store key has 1 to 512 characters; this one has ${key.length}.`)
  }
  checkKeyCharacters(key)
}

/** An exclusive upper bound of the keys that begin with `prefix`. */
export function endOfPrefix(prefix: string): string {
  checkKeyCharacters(prefix)
  return prefix + highestCodePoint
}

function checkKeyCharacters(text: string): void {
  if (!text.isWellFormed() || text.includes('\0') || text.includes(highestCodePoint)) {
    throw new TypeError(
      'A store key is well-formed Unicode without U+0000 and U+10FFFF; this one is not.',
    )
  }
}

/** The JSON text of a value; throws a sentence for what JSON cannot carry. */
export function encodeValue(value: unknown): string {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) {
    throw new TypeError(`A store value must have a JSON form; ${typeof value} has none.`)
  }
  return text
}

/** Throws a sentence when the expiry is no time in milliseconds. */
export function checkExpiry(expiresAt: number | undefined): void {
  if (expiresAt !== undefined && !Number.isSafeInteger(expiresAt)) {
    throw new TypeError(
      `expiresAt is a whole number of milliseconds since 1970; it was ${expiresAt}.`,
    )
  }
}
