import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, assert, beforeEach, expect, test, vi } from 'vitest'
import { SqliteStore } from '../store/sqlite-store.ts'
import { ApiKeyError, ApiKeys } from './api-keys.ts'
import { hashKey, problemOfKey } from './hashed-key.ts'

let folder: string
let store: SqliteStore
let keys: ApiKeys

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-keys-'))
  store = await SqliteStore.open(folder)
  keys = new ApiKeys(store)
  return async () => {
    await store.close()
    await rm(folder, { recursive: true })
  }
})

afterEach(() => void vi.useRealTimers())

/** Only the clock: everything else, the disk included, goes on for real. */
function setClock(time: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: time })
}

test('a new key is verified, and nothing near it', async () => {
  const { id, key } = await keys.add({ name: 'laptop' })
  expect(key).toMatch(/^td-[A-Za-z0-9_-]{43}$/)
  expect(await keys.verify(key)).toEqual({ id, name: 'laptop' })
  const wrong = [
    '',
    key.slice(0, -1),
    `${key}x`,
    key.toUpperCase(),
    ` ${key}`,
    id,
    'td-',
    '\0',
    'ü',
  ]
  for (const presented of wrong) expect(await keys.verify(presented)).toBeUndefined()
})

test('two keys are two teams, and one key is one team for ever', async () => {
  const one = await keys.add({ name: 'same name' })
  const two = await keys.add({ name: 'same name' })
  expect(one.id).not.toBe(two.id)
  const later = new ApiKeys(store)
  expect((await later.verify(one.key))?.id).toBe(one.id)
  expect((await later.verify(two.key))?.id).toBe(two.id)
})

test('the key is in no file', async () => {
  const { key } = await keys.add({ name: 'secret' })
  await keys.verify(key)
  await store.close()
  for (const name of await readdir(folder)) {
    expect((await readFile(join(folder, name))).includes(key.slice(3))).toBe(false)
  }
})

test('lists the oldest first, without hashes', async () => {
  setClock(1_000_000)
  const first = await keys.add({ name: 'first' })
  setClock(2_000_000)
  const second = await keys.add({ name: 'second' })
  expect(await keys.list()).toEqual([
    { id: first.id, name: 'first', createdAt: 1_000_000, source: 'store' },
    { id: second.id, name: 'second', createdAt: 2_000_000, source: 'store' },
  ])
})

test('the last use is written down at most once a minute', async () => {
  setClock(1_000_000)
  const { id, key } = await keys.add({ name: 'busy' })
  const used = async (): Promise<number | undefined> => (await keys.list())[0]?.lastUsedAt
  const version = async (): Promise<string | undefined> =>
    (await store.get(`api-key/${id}`))?.version
  expect(await used()).toBeUndefined()
  await keys.verify(key)
  expect(await used()).toBe(1_000_000)
  const before = await version()
  setClock(1_059_999)
  await keys.verify(key)
  expect(await version()).toBe(before)
  setClock(1_060_000)
  await keys.verify(key)
  expect(await used()).toBe(1_060_000)
})

test('a revoked key is refused at once, stays listed, and stays revoked', async () => {
  setClock(1_000_000)
  const { id, key } = await keys.add({ name: 'leaked' })
  const other = await keys.add({ name: 'other' })
  expect(await keys.revoke(id)).toBe('revoked')
  expect(await keys.verify(key)).toBeUndefined()
  expect(await keys.verify(other.key)).toBeDefined()
  expect(await keys.revoke(id)).toBe('already-revoked')
  expect(await keys.list()).toContainEqual(expect.objectContaining({ id, revokedAt: 1_000_000 }))
  expect(await keys.revoke('key_0000000000000000')).toBe('unknown')
})

test('what another process revokes is refused by the very next verification', async () => {
  const { id, key } = await keys.add({ name: 'leaked' })
  expect(await keys.verify(key)).toBeDefined()
  const module = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href)
  const program = `
    const { SqliteStore } = await import(${module('../store/sqlite-store.ts')})
    const { ApiKeys } = await import(${module('./api-keys.ts')})
    const store = await SqliteStore.open(${JSON.stringify(folder)})
    await new ApiKeys(store).revoke(${JSON.stringify(id)})
    await store.close()`
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  expect(await keys.verify(key)).toBeUndefined()
})

test('a revocation wins over uses of the key at the same time', async () => {
  setClock(1_000_000)
  const { id, key } = await keys.add({ name: 'contended' })
  for (let minute = 1; minute <= 20; minute += 1) {
    setClock(1_000_000 + minute * 60_000)
    const isLast = minute === 20
    await Promise.all([keys.verify(key), isLast ? keys.revoke(id) : undefined, keys.verify(key)])
  }
  expect(await keys.verify(key)).toBeUndefined()
})

test('keys of the environment work beside those of the store and cannot be revoked', async () => {
  const plain = 'chosen-by-the-operator'
  const hashed = hashKey(plain)
  const both = new ApiKeys(store, [hashed])
  const { key } = await both.add({ name: 'stored' })
  expect(await both.verify(plain)).toEqual({ id: hashed.id, name: 'TANDEM_API_KEYS' })
  expect(await both.verify(key)).toMatchObject({ name: 'stored' })
  expect(await both.verify(`${plain}!`)).toBeUndefined()
  expect(await keys.verify(plain)).toBeUndefined()
  expect(await both.revoke(hashed.id)).toBe('from-environment')
  expect(await both.list()).toContainEqual({
    id: hashed.id,
    name: 'TANDEM_API_KEYS',
    source: 'environment',
    lastUsedAt: expect.any(Number),
  })
  expect(JSON.stringify([hashed, await both.list()])).not.toContain(plain)
})

test('a key that was revoked in the store does not come back by the environment', async () => {
  const { id, key } = await keys.add({ name: 'leaked' })
  await keys.revoke(id)
  const later = new ApiKeys(store, [hashKey(key)])
  expect(await later.verify(key)).toBeUndefined()
})

test('a key whose hash in the store is another is refused', async () => {
  const { id, key } = await keys.add({ name: 'forged' })
  const record = await store.get(`api-key/${id}`)
  assert(record)
  await store.put(record.key, { ...(record.value as object), hash: hashKey('other').hash })
  expect(await keys.verify(key)).toBeUndefined()
})

test('refuses names that would spoil a list', async () => {
  for (const name of ['', '  ', 'a\nb', '\u001b[31m', 'x'.repeat(101)]) {
    await expect(keys.add({ name })).rejects.toThrow(ApiKeyError)
  }
  expect(await keys.list()).toEqual([])
})

test('says what is wrong with a key that was chosen, without repeating it', () => {
  expect(problemOfKey('a-good-key-of-20-chars')).toBeUndefined()
  expect(problemOfKey('x'.repeat(15))).toBe('has 15 characters; a key needs at least 16')
  expect(problemOfKey('x'.repeat(257))).toBe('has 257 characters; a key has at most 256')
  expect(problemOfKey('with a space in the middle')).toContain('has a space')
  expect(problemOfKey('naïve-but-long-enough')).toContain('outside of ASCII')
})
