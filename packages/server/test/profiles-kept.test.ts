import { createHash, randomBytes } from 'node:crypto'
import { watch } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { ApiCaller } from './support/api-caller.ts'
import { DrivenSession } from './support/driven-session.ts'
import { MemorySite } from './support/memory-site.ts'
import { ServerProcess } from './support/server-process.ts'
import { TestServer } from './support/test-server.ts'

const isLong = process.env['TANDEM_TEST_LONG'] === '1'

let site: MemorySite

beforeAll(async () => {
  site = await MemorySite.start()
  return () => site[Symbol.asyncDispose]()
})

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-profiles-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(folder, 'profiles'), { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

const profile = { name: 'kept' }

async function signIn(server: ApiCaller, who: string): Promise<void> {
  const session = await DrivenSession.create(server, { profile })
  await site.signIn(session.page, who)
  expect(await session.delete()).not.toHaveProperty('profileError')
}

async function whoIsThere(server: ApiCaller): Promise<string> {
  const session = await DrivenSession.create(server, {
    profile: { ...profile, saveChanges: false },
  })
  const who = await site.whoIsThere(session.page)
  // All that belongs together is of one version.
  if (who !== 'nobody') expect(await site.recall(session.page)).toMatchObject({ blob: who })
  await session.delete()
  return who
}

/** Stores so many times 64 kB that cannot be compressed. */
function storeNoise(page: Page, parts: number): Promise<void> {
  return page.evaluate(`(async () => {
    const folder = await navigator.storage.getDirectory()
    const file = await folder.getFileHandle('noise', { create: true })
    const writable = await file.createWritable()
    for (let part = 0; part < ${parts}; part += 1) {
      await writable.write(crypto.getRandomValues(new Uint8Array(65536)))
    }
    await writable.close()
  })()`)
}

/** Settles when so many things have happened to the unfinished files of a folder. */
function untilWritten(folder: string, events: number): Promise<void> {
  let left = events
  return new Promise((resolve) => {
    const watcher = watch(folder, { recursive: true }, (_, name) => {
      if (name?.endsWith('.unfinished') === true) left -= 1
      if (left > 0) return
      watcher.close()
      resolve()
    })
  })
}

/** Three times, and thirty with `TANDEM_TEST_LONG=1`. */
const kills = isLong ? 30 : 3

test(
  'a server that is killed while it saves leaves the old state or the new one',
  { timeout: isLong ? 300_000 : 60_000 },
  async () => {
    const folder = await dataFolder()
    let possible = ['nobody']
    for (let round = 1; round <= kills; round += 1) {
      const server = await ServerProcess.start(folder, { TANDEM_EGRESS_ALLOW: 'localhost:*' })
      // What the last one had begun is gone.
      expect((await filesIn(folder)).filter((name) => !name.endsWith('.profile'))).toEqual([])
      const before = await whoIsThere(server)
      expect(possible).toContain(before)
      const session = await DrivenSession.create(server, { profile })
      await site.signIn(session.page, `round${round}`)
      // Long enough to be in the middle of it.
      await storeNoise(session.page, 400)
      const written = untilWritten(join(folder, 'profiles'), round * round)
      const deleted = session.delete().catch(() => {})
      await written
      await server.end('SIGKILL')
      await deleted
      possible = [before, `round${round}`]
    }
    const server = await ServerProcess.start(folder, { TANDEM_EGRESS_ALLOW: 'localhost:*' })
    // The lock of the writer died with its server; and an end by signal is one in order.
    const session = await DrivenSession.create(server, { profile })
    expect(possible).toContain(await site.whoIsThere(session.page))
    await site.signIn(session.page, 'last')
    expect(await server.end('SIGTERM')).toBe(0)
    const next = await TestServer.forTest({ dataDir: folder })
    expect(await whoIsThere(next)).toBe('last')
  },
)

test('what is on the disk is of no use without the key, when it was changed, or moved', async () => {
  const folder = await dataFolder()
  const server = await TestServer.start({ dataDir: folder })
  await signIn(server, 'ada')
  await server.close()
  const [path = ''] = await filesIn(folder)
  const bytes = await readFile(path)
  for (const secret of ['ada', 'kept', 'session', 'localhost']) {
    expect(bytes.includes(secret)).toBe(false)
  }

  const keyPath = join(folder, 'encryption.key')
  const key = await readFile(keyPath)
  await writeFile(keyPath, randomBytes(32))
  {
    await using other = await TestServer.start({ dataDir: folder })
    const refused = await other.api('POST', '/v2/interact', { profile })
    expect(refused).toMatchObject({
      status: 500,
      body: {
        code: 'PROFILE_UNREADABLE',
        error:
          'The profile "kept" cannot be read because it was sealed with another encryption key. ' +
          'Restore the data folder of the server from a backup, or delete the profile.',
      },
    })
    // It can still be read with the right key; and nothing of it is held.
    expect(await filesIn(folder)).toEqual([path])
    expect((await other.api('GET', '/v2/interact/profiles')).body['profiles']).toEqual([])
    expect((await other.api('POST', '/v2/interact', { profile })).status).toBe(500)
    expect((await other.api('GET', '/health')).body).toMatchObject({
      sessions: { active: 0, starting: 0 },
    })
  }
  await writeFile(keyPath, key)

  await using right = await TestServer.start({ dataDir: folder })
  expect(await whoIsThere(right)).toBe('ada')
  const statuses = async () => {
    const { status, body } = await right.api('POST', '/v2/interact', { profile })
    return [status, String(body['error']).match(/because (.*?)\. Restore/)?.[1]]
  }
  await writeFile(path, bytes.subarray(0, bytes.length - 100))
  expect(await statuses()).toEqual([500, 'its end is missing'])
  const changed = Buffer.from(bytes)
  changed[bytes.length - 100] = (changed[bytes.length - 100] ?? 0) ^ 1
  await writeFile(path, changed)
  expect(await statuses()).toEqual([500, 'it was changed, or is not what its name says'])
  await writeFile(path, bytes)
  const otherName = createHash('sha256').update('other').digest('hex').slice(0, 32)
  await writeFile(join(path, '..', `${otherName}.profile`), bytes)
  const moved = await right.api('POST', '/v2/interact', { profile: { name: 'other' } })
  expect(moved.body['error']).toContain('because it is that of another profile')
  expect((await right.api('DELETE', '/v2/interact/profiles/other')).status).toBe(200)
  expect(await whoIsThere(right)).toBe('ada')
})

/** Fifty with `TANDEM_TEST_LONG=1`. */
const rounds = isLong ? 50 : 8

test(
  'to be restored and saved again and again makes it no larger',
  { timeout: rounds * 4_000 },
  async () => {
    const folder = await dataFolder()
    await using server = await TestServer.start({ dataDir: folder })
    const sizes: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const session = await DrivenSession.create(server, { profile })
      if (round === 0) {
        await site.signIn(session.page, 'ada')
        // As much as a real site: what Chromium notes down of each visit, until it tidies up its
        // journals, is 80 bytes.
        await storeNoise(session.page, 2)
      }
      expect(await site.whoIsThere(session.page)).toBe('ada')
      expect(await site.recall(session.page)).toMatchObject({ blob: 'ada', local: 'ada' })
      expect(await session.delete()).not.toHaveProperty('profileError')
      const { body } = await server.api('GET', '/v2/interact/profiles')
      const [{ size }] = body['profiles'] as [{ size: number }]
      sizes.push(size)
    }
    const [third = 0] = sizes.slice(2)
    expect(Math.max(...sizes.slice(-3))).toBeLessThan(third * 1.05)
  },
)
