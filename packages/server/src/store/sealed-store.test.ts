import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { assert, beforeEach, expect, test } from 'vitest'
import { loadEncryptionKey } from './encryption-key.ts'
import { SealedStore } from './sealed-store.ts'
import { SqliteStore } from './sqlite-store.ts'
import { StoreError } from './store-error.ts'

let folder: string
let store: SqliteStore
let sealed: SealedStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-sealed-'))
  store = await SqliteStore.open(folder)
  sealed = new SealedStore(store, await loadEncryptionKey(folder))
  return async () => {
    await store.close()
    await rm(folder, { recursive: true })
  }
})

test('answers what a plain store answers, over a new start too', async () => {
  const value = { url: 'https://example.com/?token=ünsichtbar' }
  const expiresAt = Date.now() + 60_000
  const first = await sealed.createIfAbsent('a/1', value, { expiresAt })
  assert(first)
  expect(first).toMatchObject({ key: 'a/1', value, expiresAt })
  expect(await sealed.createIfAbsent('a/1', 'other')).toBeUndefined()
  const second = await sealed.compareAndSet('a/1', first.version, 'second')
  expect(await sealed.compareAndSet('a/1', first.version, 'third')).toBeUndefined()
  await sealed.put('a/2', null)
  await sealed.putBlob('blob', Uint8Array.of(1, 2, 3))
  await sealed.putBlob('empty', new Uint8Array())

  const again = new SealedStore(store, await loadEncryptionKey(folder))
  expect(await again.get('a/1')).toEqual(second)
  expect(await again.listByPrefix('a/')).toMatchObject([{ value: 'second' }, { value: null }])
  expect(Array.from((await again.getBlob('blob')) ?? [])).toEqual([1, 2, 3])
  expect(await again.getBlob('empty')).toHaveLength(0)
  expect(await again.getBlob('absent')).toBeUndefined()
  expect(await again.delete('a/1')).toBe(true)
  expect(await again.deleteBlob('blob')).toBe(true)
  expect(await again.get('a/1')).toBeUndefined()
})

test('nothing of a value is in any file, and equal values do not look equal', async () => {
  const secret = 'correct horse battery staple'
  await sealed.put('one', { secret })
  await sealed.put('two', { secret })
  await sealed.putBlob('blob', Buffer.from(secret))
  expect((await store.get('one'))?.value).not.toBe((await store.get('two'))?.value)
  await store.close()
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name))
    expect(bytes.includes(secret)).toBe(false)
    expect(bytes.includes(Buffer.from(secret).toString('base64').slice(4, -4))).toBe(false)
  }
})

test('refuses a value that was moved to another row, changed, cut or never sealed', async () => {
  await sealed.put('mine', 'mine')
  await sealed.putBlob('mine', Buffer.from('mine'))
  await store.put('yours', (await store.get('mine'))?.value)
  await expect(sealed.get('yours')).rejects.toThrow('it was changed or belongs to another row')
  await expect(sealed.listByPrefix('yours')).rejects.toThrow(StoreError)

  const blob = Buffer.from((await store.getBlob('mine')) ?? [])
  expect(blob.length).toBeGreaterThan(0)
  // A record is no blob, not even of the same key.
  await store.put('mine', blob.toString('base64'))
  await expect(sealed.get('mine')).rejects.toThrow(StoreError)

  for (let index = 0; index < blob.length; index += 1) {
    const changed = Buffer.from(blob)
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index)
    await store.putBlob('mine', changed)
    await expect(sealed.getBlob('mine')).rejects.toThrow(StoreError)
  }
  await store.putBlob('mine', blob.subarray(0, 20))
  await expect(sealed.getBlob('mine')).rejects.toThrow('it is too short')
  await store.put('plain', { never: 'sealed' })
  await expect(sealed.get('plain')).rejects.toThrow('it was never sealed')
})

test('says when the key is not the one that sealed', async () => {
  await sealed.put('key', 'secret')
  await rm(join(folder, 'encryption.key'))
  const other = new SealedStore(store, await loadEncryptionKey(folder))
  await expect(other.get('key')).rejects.toThrow('it was sealed with another encryption key')
})

test('starts that race for a new key end up with one, in a file of this user only', async () => {
  await rm(join(folder, 'encryption.key'))
  const keys = await Promise.all(Array.from({ length: 8 }, () => loadEncryptionKey(folder)))
  const different = new Set(keys.map((key) => Buffer.from(key.bytes).toString('hex')))
  expect(different.size).toBe(1)
  expect((await stat(join(folder, 'encryption.key'))).mode & 0o777).toBe(0o600)
  expect((await readdir(folder)).filter((name) => name.startsWith('encryption'))).toEqual([
    'encryption.key',
  ])
})

test('refuses a key file that others can read, or that is no key', async () => {
  const path = join(folder, 'encryption.key')
  await chmod(path, 0o644)
  await expect(loadEncryptionKey(folder)).rejects.toThrow(`(mode 644). Run: chmod 600 '${path}'`)
  await chmod(path, 0o600)
  await writeFile(path, 'short')
  await expect(loadEncryptionKey(folder)).rejects.toThrow('has 5 bytes instead of 32')
})

test('sealed rows are plain rows to the database, with plain keys and expiry', async () => {
  await sealed.put('a', 1, { expiresAt: 4_000_000_000_000 })
  using raw = new DatabaseSync(join(folder, 'tandem.db'))
  expect(raw.prepare('SELECT key, expires_at FROM record').all()).toMatchObject([
    { key: 'a', expires_at: 4_000_000_000_000 },
  ])
})
