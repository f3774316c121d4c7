import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { assert, beforeEach, expect, onTestFinished, test } from 'vitest'
import { schemaVersion } from './schema.ts'
import { SqliteStore } from './sqlite-store.ts'
import { StoreError } from './store-error.ts'

let folder: string
let file: string

beforeEach(async () => {
  const parent = await mkdtemp(join(tmpdir(), 'tandem-store-'))
  folder = join(parent, 'data')
  file = join(folder, 'tandem.db')
  return () => rm(parent, { recursive: true })
})

async function openStore(): Promise<SqliteStore> {
  const store = await SqliteStore.open(folder)
  onTestFinished(() => store.close())
  return store
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8)
}

const past = (): number => Date.now() - 1
const future = (): number => Date.now() + 60_000

test('keeps values of every JSON shape, with their expiry, over a reopening', async () => {
  const expiresAt = future()
  const values = { object: { a: [1, null, 'ü'] }, text: 'x', zero: 0, no: false, nothing: null }
  const first = await openStore()
  for (const [key, value] of Object.entries(values)) await first.put(key, value, { expiresAt })
  const before = await first.listByPrefix('')
  await first.close()

  const second = await openStore()
  expect(await second.listByPrefix('')).toEqual(before)
  expect(await second.get('object')).toEqual({
    key: 'object',
    value: values.object,
    version: expect.any(String),
    expiresAt,
  })
  expect(await second.get('nothing')).toMatchObject({ value: null })
  expect(await second.get('absent')).toBeUndefined()
})

test('createIfAbsent has one winner and leaves the record of the winner alone', async () => {
  const store = await openStore()
  const answers = await Promise.all([1, 2, 3].map((n) => store.createIfAbsent('key', n)))
  expect(answers.map((answer) => answer?.value)).toEqual([1, undefined, undefined])
  expect(await store.get('key')).toEqual(answers[0])
})

test('compareAndSet replaces only the version that was read', async () => {
  const store = await openStore()
  const first = await store.put('key', 'first', { expiresAt: future() })
  const second = await store.compareAndSet('key', first.version, 'second')
  expect(second).toEqual({ key: 'key', value: 'second', version: expect.any(String) })
  expect(await store.compareAndSet('key', first.version, 'third')).toBeUndefined()
  expect(await store.compareAndSet('absent', first.version, 'third')).toBeUndefined()
  expect(await store.get('key')).toEqual(second)
})

test('a version does not come back when its key is deleted and made again', async () => {
  const store = await openStore()
  const old = await store.createIfAbsent('key', 1)
  assert(old)
  await store.delete('key')
  const made = await store.createIfAbsent('key', 1)
  expect(made?.version).not.toBe(old.version)
  expect(await store.compareAndSet('key', old.version, 2)).toBeUndefined()
})

test('delete says whether there was something to delete', async () => {
  const store = await openStore()
  await store.put('key', 1)
  await store.put('expired', 1, { expiresAt: past() })
  expect(await store.delete('key')).toBe(true)
  expect(await store.delete('key')).toBe(false)
  expect(await store.delete('expired')).toBe(false)
})

test('lists by prefix in the order of the keys; no character is a wildcard', async () => {
  const store = await openStore()
  const keys = ['a/2', 'a/1', 'a/10', 'a', 'b/1', 'a/ü', 'a/😀', 'a%', 'a_', 'A/1', 'a/\uffff']
  for (const key of keys) await store.put(key, key)
  const list = async (prefix: string): Promise<string[]> =>
    (await store.listByPrefix(prefix)).map((record) => record.key)
  expect(await list('a/')).toEqual(['a/1', 'a/10', 'a/2', 'a/ü', 'a/\uffff', 'a/😀'])
  expect(await list('a%')).toEqual(['a%'])
  expect(await list('a_')).toEqual(['a_'])
  expect(await list('c')).toEqual([])
  expect(await list('')).toHaveLength(keys.length)
})

test('an expired record is absent for every call, and its key is free again', async () => {
  const store = await openStore()
  const expired = await store.put('key', 'old', { expiresAt: past() })
  expect(await store.get('key')).toBeUndefined()
  expect(await store.listByPrefix('')).toEqual([])
  expect(await store.compareAndSet('key', expired.version, 'new')).toBeUndefined()
  expect(await store.createIfAbsent('key', 'new')).toMatchObject({ value: 'new' })
  expect(await store.get('key')).not.toHaveProperty('expiresAt')
})

test('a purge takes expired rows out of the file, however many, and only those', async () => {
  const store = await openStore()
  for (let n = 0; n < 1_200; n += 1) await store.put(`old/${n}`, n, { expiresAt: past() })
  await store.putBlob('old', new Uint8Array(10), { expiresAt: past() })
  await store.put('later', 1, { expiresAt: future() })
  await store.put('always', 1)
  await store.putBlob('always', new Uint8Array(10))
  expect(await store.purgeExpired()).toBe(1_201)

  using raw = new DatabaseSync(file)
  expect(raw.prepare('SELECT key FROM record ORDER BY key').all()).toMatchObject([
    { key: 'always' },
    { key: 'later' },
  ])
  expect(raw.prepare('SELECT key FROM blob').all()).toMatchObject([{ key: 'always' }])
})

test('opening purges what expired while nobody had the store open', async () => {
  const first = await openStore()
  await first.put('old', 1, { expiresAt: past() })
  await first.close()
  await openStore()
  using raw = new DatabaseSync(file)
  expect(raw.prepare('SELECT count(*) AS count FROM record').get()).toMatchObject({ count: 0 })
})

test('blobs are bytes with keys of their own', async () => {
  const store = await openStore()
  const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251)
  await store.put('key', 'record')
  await store.putBlob('key', new Uint8Array(1))
  await store.putBlob('key', bytes)
  await store.putBlob('empty', new Uint8Array(0))
  await store.putBlob('expired', bytes, { expiresAt: past() })
  expect(Buffer.compare((await store.getBlob('key')) ?? new Uint8Array(), bytes)).toBe(0)
  expect(await store.getBlob('empty')).toHaveLength(0)
  expect(await store.getBlob('expired')).toBeUndefined()
  expect(await store.deleteBlob('key')).toBe(true)
  expect(await store.deleteBlob('key')).toBe(false)
  expect(await store.deleteBlob('expired')).toBe(false)
  expect(await store.get('key')).toMatchObject({ value: 'record' })
})

test('a durable write reads like any other, and a refused one leaves the store usable', async () => {
  const store = await openStore()
  const record = await store.put('key', 1, { durable: true })
  await store.compareAndSet('key', record.version, 2, { durable: true })
  await store.putBlob('key', new Uint8Array(1), { durable: true })
  await expect(store.put('key', undefined, { durable: true })).rejects.toThrow(TypeError)
  expect(await store.get('key')).toMatchObject({ value: 2 })
})

test('refuses keys, values and times that not every engine could keep', async () => {
  const store = await openStore()
  for (const key of ['', 'x'.repeat(513), 'a\0b', '\ud800', 'a\u{10ffff}']) {
    await expect(store.get(key)).rejects.toThrow(TypeError)
    await expect(store.put(key, 1)).rejects.toThrow(TypeError)
    await expect(store.putBlob(key, new Uint8Array())).rejects.toThrow(TypeError)
  }
  await expect(store.put('key', undefined)).rejects.toThrow('JSON form; undefined has none')
  await expect(store.put('key', 1, { expiresAt: 1.5 })).rejects.toThrow('it was 1.5')
  expect(await store.listByPrefix('')).toEqual([])
})

test('a closed store says so, and may be closed again', async () => {
  const store = await openStore()
  await store.close()
  await store.close()
  await expect(store.get('key')).rejects.toThrow(`The store ${file} is closed.`)
  await expect(store.put('key', 1)).rejects.toThrow(StoreError)
})

test.skipIf(process.platform === 'win32')('folder and files are for this user only', async () => {
  const umask = process.umask(0)
  onTestFinished(() => void process.umask(umask))
  const store = await openStore()
  await store.put('key', 1)
  expect(await modeOf(folder)).toBe('700')
  for (const name of ['tandem.db', 'tandem.db-wal', 'tandem.db-shm']) {
    expect(await modeOf(join(folder, name))).toBe('600')
  }
})

test.skipIf(process.platform === 'win32')(
  'refuses a folder that everybody may write to',
  async () => {
    await (await openStore()).close()
    await chmod(folder, 0o777)
    await expect(SqliteStore.open(folder)).rejects.toThrow(`run: chmod 700 '${folder}'`)
  },
)

test('refuses the file of a newer release and leaves it as it is', async () => {
  await (await openStore()).close()
  const raw = new DatabaseSync(file)
  raw.exec(`PRAGMA user_version = ${schemaVersion + 1}`)
  raw.close()
  const before = await readFile(file)
  await expect(SqliteStore.open(folder)).rejects.toThrow(
    `written by a newer release of Tandem (schema ${schemaVersion + 1}; this release knows up to ${schemaVersion})`,
  )
  expect(Buffer.compare(await readFile(file), before)).toBe(0)
})

test('refuses the database of another program, and a file that is none', async () => {
  await (await openStore()).close()
  await rm(file)
  const raw = new DatabaseSync(file)
  raw.exec('CREATE TABLE something (x)')
  raw.close()
  await expect(SqliteStore.open(folder)).rejects.toThrow('is a database of another program')

  await writeFile(file, 'this is no database, but long enough to be taken for one'.repeat(100))
  await expect(SqliteStore.open(folder)).rejects.toThrow('it is not a Tandem store')
})

test('says what is in the way of the folder', async () => {
  await writeFile(folder, '')
  await expect(SqliteStore.open(folder)).rejects.toThrow(
    new StoreError(`${folder} cannot be made or written: a file is in the way.`),
  )
})
