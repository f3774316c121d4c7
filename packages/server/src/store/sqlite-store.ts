import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { prepareDataDirectory, prepareFile } from './data-directory.ts'
import { migrate } from './schema.ts'
import { sqliteModule } from './sqlite-module.ts'
import { asStoreError, isLocked, StoreError } from './store-error.ts'
import { checkExpiry, checkKey, encodeValue, endOfPrefix } from './store.ts'
import type { Store, StoreRecord, WriteOptions } from './store.ts'

/**
 * How long a call waits while another process writes. SQLite waits in the
 * calling thread, so this is also the longest that the event loop can stand
 * still; a write of ours takes well under a millisecond.
 */
const busyTimeoutMs = 3_000
const purgeIntervalMs = 60_000
const purgeBatch = 500

const live = '(expires_at IS NULL OR expires_at > :now)'
const columns = 'key, value, version, expires_at'
const statements = {
  get: `SELECT ${columns} FROM record WHERE key = :key AND ${live}`,
  list: `SELECT ${columns} FROM record WHERE key >= :from AND key < :to AND ${live} ORDER BY key`,
  // The WHERE of the upsert lets an expired row be taken over, and nothing else.
  create: `INSERT INTO record (${columns}) VALUES (:key, :value, :version, :expiresAt)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version,
    expires_at = excluded.expires_at WHERE record.expires_at <= :now RETURNING ${columns}`,
  compareAndSet: `UPDATE record SET value = :value, version = :version, expires_at = :expiresAt
    WHERE key = :key AND version = :expected AND ${live} RETURNING ${columns}`,
  put: `INSERT INTO record (${columns}) VALUES (:key, :value, :version, :expiresAt)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version,
    expires_at = excluded.expires_at RETURNING ${columns}`,
  // An expired row goes too, but does not count as one that was there.
  delete: `DELETE FROM record WHERE key = :key RETURNING ${live} AS live`,
  getBlob: `SELECT bytes FROM blob WHERE key = :key AND ${live}`,
  putBlob: `INSERT INTO blob (key, bytes, expires_at) VALUES (:key, :bytes, :expiresAt)
    ON CONFLICT (key) DO UPDATE SET bytes = excluded.bytes, expires_at = excluded.expires_at`,
  deleteBlob: `DELETE FROM blob WHERE key = :key RETURNING ${live} AS live`,
  purgeRecords: `DELETE FROM record WHERE key IN
    (SELECT key FROM record WHERE expires_at <= :now LIMIT ${purgeBatch})`,
  purgeBlobs: `DELETE FROM blob WHERE key IN
    (SELECT key FROM blob WHERE expires_at <= :now LIMIT ${purgeBatch})`,
}

type StatementName = keyof typeof statements

/** The store of one machine: one SQLite file, which several processes may have open at once. */
export class SqliteStore implements Store, AsyncDisposable {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #prepared = new Map<StatementName, StatementSync>()
  readonly #purgeTimer: NodeJS.Timeout

  private constructor(path: string, database: DatabaseSync) {
    this.#path = path
    this.#database = database
    this.#purgeTimer = setInterval(() => {
      // A purge that fails (disk full, locked) is tried again the next time;
      // expired rows are invisible meanwhile.
      this.purgeExpired().catch(() => undefined)
    }, purgeIntervalMs).unref()
  }

  /** Opens `tandem.db` in the data folder; makes folder (0700) and file (0600) when missing. */
  static async open(dataDirectory: string): Promise<SqliteStore> {
    prepareDataDirectory(dataDirectory)
    const path = join(dataDirectory, 'tandem.db')
    prepareFile(path)
    const deadline = Date.now() + busyTimeoutMs
    for (;;) {
      try {
        const store = new SqliteStore(path, openDatabase(path))
        await store.purgeExpired()
        return store
      } catch (error) {
        // SQLite does not wait for the lock that the switch to WAL takes, which
        // two processes can want at once when the file is new.
        if (!isLocked(error) || Date.now() > deadline) throw asStoreError(error, path)
      }
      await delay(20)
    }
  }

  async get(key: string): Promise<StoreRecord | undefined> {
    checkKey(key)
    const [row] = this.#run('get', { key, now: Date.now() })
    return row && toRecord(row)
  }

  async listByPrefix(prefix: string): Promise<StoreRecord[]> {
    const to = endOfPrefix(prefix)
    return this.#run('list', { from: prefix, to, now: Date.now() }).map(toRecord)
  }

  async createIfAbsent(
    key: string,
    value: unknown,
    options: WriteOptions = {},
  ): Promise<StoreRecord | undefined> {
    const [row] = this.#write(
      'create',
      { ...newRow(key, value, options), now: Date.now() },
      options,
    )
    return row && toRecord(row)
  }

  async compareAndSet(
    key: string,
    version: string,
    value: unknown,
    options: WriteOptions = {},
  ): Promise<StoreRecord | undefined> {
    const parameters = { ...newRow(key, value, options), expected: version, now: Date.now() }
    const [row] = this.#write('compareAndSet', parameters, options)
    return row && toRecord(row)
  }

  async put(key: string, value: unknown, options: WriteOptions = {}): Promise<StoreRecord> {
    const [row] = this.#write('put', newRow(key, value, options), options)
    if (!row) throw new StoreError(`The store ${this.#path} did not keep ${key}.`)
    return toRecord(row)
  }

  async delete(key: string): Promise<boolean> {
    checkKey(key)
    return this.#run('delete', { key, now: Date.now() })[0]?.['live'] === 1
  }

  async getBlob(key: string): Promise<Uint8Array | undefined> {
    checkKey(key)
    return this.#run('getBlob', { key, now: Date.now() })[0]?.['bytes'] as Uint8Array | undefined
  }

  async putBlob(key: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<void> {
    checkKey(key)
    checkExpiry(options.expiresAt)
    this.#write('putBlob', { key, bytes, expiresAt: options.expiresAt ?? null }, options)
  }

  async deleteBlob(key: string): Promise<boolean> {
    checkKey(key)
    return this.#run('deleteBlob', { key, now: Date.now() })[0]?.['live'] === 1
  }

  /**
   * Takes expired rows out of the file; answers how many. It goes in batches,
   * so that other processes and the event loop get their turn in between.
   */
  async purgeExpired(): Promise<number> {
    let purged = 0
    for (const name of ['purgeRecords', 'purgeBlobs'] as const) {
      for (;;) {
        if (!this.#database.isOpen) return purged
        const changes = this.#guard(() => this.#statement(name).run({ now: Date.now() }).changes)
        purged += Number(changes)
        if (Number(changes) < purgeBatch) break
        await delay(1)
      }
    }
    return purged
  }

  async close(): Promise<void> {
    clearInterval(this.#purgeTimer)
    this.#prepared.clear()
    if (this.#database.isOpen) this.#guard(() => this.#database.close())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #write(name: StatementName, parameters: Parameters, options: WriteOptions): Row[] {
    if (options.durable !== true) return this.#run(name, parameters)
    return this.#guard(() => {
      this.#database.exec('PRAGMA synchronous = FULL')
      try {
        return this.#run(name, parameters)
      } finally {
        this.#database.exec('PRAGMA synchronous = NORMAL')
      }
    })
  }

  /** Each statement is one transaction of its own, also when it returns rows. */
  #run(name: StatementName, parameters: Parameters): Row[] {
    // `all` steps to the end, which is where SQLite commits; `get` would reset
    // the statement after its first row and lose the error of a failed commit.
    return this.#guard(() => this.#statement(name).all(parameters))
  }

  #statement(name: StatementName): StatementSync {
    let statement = this.#prepared.get(name)
    if (!statement) {
      statement = this.#database.prepare(statements[name])
      this.#prepared.set(name, statement)
    }
    return statement
  }

  #guard<T>(action: () => T): T {
    if (!this.#database.isOpen) throw new StoreError(`The store ${this.#path} is closed.`)
    try {
      return action()
    } catch (error) {
      throw asStoreError(error, this.#path)
    }
  }
}

type Parameters = Record<string, SQLInputValue>
type Row = Record<string, unknown>

function openDatabase(path: string): DatabaseSync {
  const database = new (sqliteModule().DatabaseSync)(path, { timeout: busyTimeoutMs })
  try {
    database.exec('PRAGMA journal_mode = WAL')
    // In WAL mode NORMAL leaves every commit with the operating system before
    // the call answers: kill -9 loses nothing. A power cut may take the last
    // commits, never half of one; what must not be lost is written `durable`.
    // FULL for everything would stop the event loop for a disk flush a write.
    database.exec('PRAGMA synchronous = NORMAL')
    // After a burst the log file shrinks again at the next checkpoint.
    database.exec(`PRAGMA journal_size_limit = ${16 * 1024 * 1024}`)
    migrate(database, path)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function newRow(key: string, value: unknown, options: WriteOptions): Parameters {
  checkKey(key)
  checkExpiry(options.expiresAt)
  return {
    key,
    value: encodeValue(value),
    version: randomUUID(),
    expiresAt: options.expiresAt ?? null,
  }
}

function toRecord(row: Row): StoreRecord {
  return {
    key: row['key'] as string,
    value: JSON.parse(row['value'] as string),
    version: row['version'] as string,
    ...(row['expires_at'] === null ? {} : { expiresAt: row['expires_at'] as number }),
  }
}
