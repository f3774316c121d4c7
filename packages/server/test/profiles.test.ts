import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { DrivenSession } from './support/driven-session.ts'
import { MemorySite } from './support/memory-site.ts'
import { browserOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: MemorySite
/** Begun first and looked at last: its ten seconds without activity pass meanwhile. */
let idle: DrivenSession

beforeAll(async () => {
  site = await MemorySite.start()
  server = await TestServer.start()
  idle = await DrivenSession.create(server, { profile: { name: 'idle' }, activityTtl: 10 })
  await site.signIn(idle.page, 'ada')
  return async () => {
    await server.close()
    await site[Symbol.asyncDispose]()
  }
})

const [, otherKey] = TestServer.keys

/** A session of the running test that starts from a profile, ended with it if not before. */
async function open(name: string, options: { saveChanges?: boolean } = {}, key?: string) {
  const call = key === undefined ? {} : { key }
  const session = await DrivenSession.create(server, { profile: { name, ...options } }, call)
  onTestFinished(() => void session.delete().catch(() => {}))
  return session
}

/** Has the profile remember that somebody is signed in. */
async function signIn(name: string, who: string): Promise<void> {
  const session = await open(name)
  await site.signIn(session.page, who)
  expect(await session.delete()).not.toHaveProperty('profileError')
}

async function whoIsThere(name: string, key?: string): Promise<string> {
  const session = await open(name, { saveChanges: false }, key)
  const who = await site.whoIsThere(session.page)
  await session.delete()
  return who
}

test('keeps cookies, those of the session too, and whatever else a page stores', async () => {
  await signIn('everything', 'ada')
  const session = await open('everything')
  expect(await site.whoIsThere(session.page)).toBe('ada')
  expect(await site.recall(session.page)).toEqual({
    local: 'ada',
    persistent: 'ada',
    blob: 'ada',
    key: false,
    file: 'ada',
    cached: 'cached',
  })
  await session.delete()
})

test('one session writes and any number read; what readers do is not kept', async () => {
  await signIn('shared', 'ada')
  const writer = await open('shared')
  const second = await server.api('POST', '/v2/interact', { profile: { name: 'shared' } })
  expect(second.status).toBe(409)
  expect(second.body['error']).toBe(
    'Another session is currently writing to this profile. Only one writer is allowed at a time. ' +
      'You can still access it with saveChanges: false, or try again later.',
  )
  const readers = await Promise.all([
    open('shared', { saveChanges: false }),
    open('shared', { saveChanges: false }),
  ])
  for (const { page } of readers) {
    expect(await site.whoIsThere(page)).toBe('ada')
    await site.signIn(page, 'reader')
  }
  for (const reader of readers) await reader.delete()
  expect(await site.whoIsThere(writer.page)).toBe('ada')
  await site.signIn(writer.page, 'writer')
  await writer.delete()
  expect(await whoIsThere('shared')).toBe('writer')
})

test('does not save after a crash of the browser, and lets the next one write', async () => {
  await signIn('crashed', 'ada')
  const session = await open('crashed')
  await site.signIn(session.page, 'nobody')
  process.kill(await browserOf(session.id), 'SIGKILL')
  await session.gone()
  const ended = await session.delete()
  expect(ended).not.toHaveProperty('profileError')
  const { body } = await server.api('GET', `/v2/interact/${session.id}`)
  expect(body).toMatchObject({ endReason: 'crashed' })
  const next = await open('crashed')
  expect(await site.whoIsThere(next.page)).toBe('ada')
  await next.delete()
})

test('says that it was not saved when the browser does not answer, and keeps the old state', async () => {
  await signIn('stopped', 'ada')
  const session = await open('stopped')
  await site.signIn(session.page, 'nobody')
  process.kill(await browserOf(session.id), 'SIGSTOP')
  const sentence =
    'The profile "stopped" was not saved because the browser does not answer. ' +
    'It is as it was before the session.'
  expect(await session.delete()).toMatchObject({ success: true, profileError: sentence })
  const { body } = await server.api('GET', `/v2/interact/${session.id}`)
  expect(body).toMatchObject({ endReason: 'released', profileError: sentence })
  expect(await whoIsThere('stopped')).toBe('ada')
})

test('saves although a script of the page never ends', async () => {
  const session = await open('busy')
  await site.signIn(session.page, 'ada')
  const looping = session.page.evaluate('for (;;);').catch(() => {})
  await session.delete()
  await looping
  expect(await whoIsThere('busy')).toBe('ada')
})

test('lists and deletes, under both names of the API', async () => {
  await signIn('listed', 'ada')
  const list = async (path: string, key?: string) => {
    const { status, body } = await server.api('GET', path, undefined, key ? { key } : {})
    expect(status).toBe(200)
    const profiles = body['profiles'] as { name: string }[]
    return profiles.filter(({ name }) => name === 'listed')
  }
  const entry = {
    name: 'listed',
    size: expect.any(Number),
    updatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    writing: false,
  }
  expect(await list('/v2/interact/profiles')).toEqual([entry])
  expect(await list('/v2/browser/profiles')).toEqual([entry])

  const writer = await open('listed')
  expect(await list('/v2/interact/profiles')).toEqual([{ ...entry, writing: true }])
  const refused = await server.api('DELETE', '/v2/browser/profiles/listed')
  expect(refused).toMatchObject({
    status: 409,
    body: {
      success: false,
      error:
        'A session is currently saving to this profile. Stop that session, then delete the profile.',
    },
  })
  await writer.delete()

  const deleted = { status: 200, body: { success: true } }
  expect(await server.api('DELETE', '/v2/interact/profiles/listed')).toMatchObject(deleted)
  expect(await server.api('DELETE', '/v2/browser/profiles/listed')).toMatchObject(deleted)
  expect(await list('/v2/interact/profiles')).toEqual([])
  expect(await whoIsThere('listed')).toBe('nobody')
})

test('a profile is that of one key alone', async () => {
  await signIn('private', 'ada')
  expect(await whoIsThere('private', otherKey)).toBe('nobody')
  const { body } = await server.api('GET', '/v2/interact/profiles', undefined, { key: otherKey })
  expect(body).toEqual({ success: true, profiles: [] })
  await server.api('DELETE', '/v2/interact/profiles/private', undefined, { key: otherKey })
  expect(await whoIsThere('private')).toBe('ada')
})

test('names are 1 to 128 characters of any kind', async () => {
  const sentence = 'Profile name must be between 1 and 128 characters.'
  for (const name of ['', 'x'.repeat(129)]) {
    const created = await server.api('POST', '/v2/interact', { profile: { name } })
    expect(created).toMatchObject({ status: 400, body: { error: sentence } })
    const deleted = await server.api('DELETE', `/v2/interact/profiles/${name}`)
    expect(deleted).toMatchObject({ status: 400, body: { error: sentence } })
  }
  const unpaired = await server.api('POST', '/v2/interact', '{"profile":{"name":"\\ud800"}}')
  expect(unpaired).toMatchObject({
    status: 400,
    body: { error: 'Profile name must be well-formed Unicode.' },
  })
  const name = `../é/%2F?#\0 ${'漢'.repeat(116)}`
  expect(name).toHaveLength(128)
  await signIn(name, 'ada')
  const { body } = await server.api('GET', '/v2/interact/profiles')
  expect(body['profiles']).toContainEqual(expect.objectContaining({ name }))
  const path = `/v2/interact/profiles/${encodeURIComponent(name)}`
  expect((await server.api('DELETE', path)).status).toBe(200)
  expect(await whoIsThere(name)).toBe('nobody')
})

test('a scrape reads the profile, and the session that continues it saves it', async () => {
  await signIn('scraped', 'ada')
  const scrape = { url: site.url, formats: ['markdown'], profile: { name: 'scraped' } }
  const writer = await open('scraped')
  const { status, body } = await server.api('POST', '/v2/scrape', scrape)
  expect(status).toBe(200)
  const { metadata } = body['data'] as { metadata: { title: string; scrapeId: string } }
  expect(metadata.title).toBe('ada')
  const path = `/v2/scrape/${metadata.scrapeId}/interact`
  const code = `await page.goto('${site.url}/sign-in?grace'); await page.title()`
  const locked = await server.api('POST', path, { code })
  expect(locked.status).toBe(409)
  expect(locked.body['error']).toMatch(/^Another session is currently writing to this profile\./)
  await writer.delete()
  expect((await server.api('POST', path, { code })).body).toMatchObject({ result: 'grace' })
  await server.api('DELETE', path)
  expect(await whoIsThere('scraped')).toBe('grace')
})

test('a state that is too large is refused with a sentence, and the old one stays', async () => {
  const small = await TestServer.forTest({ profileSize: 1 })
  const profile = { name: 'large' }
  const first = await DrivenSession.create(small, { profile })
  await site.signIn(first.page, 'ada')
  expect(await first.delete()).not.toHaveProperty('profileError')
  const second = await DrivenSession.create(small, { profile })
  await site.signIn(second.page, 'grace')
  await second.page.evaluate(`localStorage.setItem('large', 'x'.repeat(2_000_000))`)
  expect((await second.delete()).profileError).toBe(
    'The profile "large" was not saved because sites have stored more than the 1 MB that one may ' +
      'have. It is as it was before the session.',
  )
  const third = await DrivenSession.create(small, { profile })
  expect(await site.whoIsThere(third.page)).toBe('ada')
  await third.delete()
})

test('sessions with profiles are made beside those that are kept ready', async () => {
  const pooled = await TestServer.forTest({ poolSize: 1, maxSessions: 4 })
  const ready = async () => (await pooled.api('GET', '/health')).body['pool']
  await expect.poll(ready, { timeout: 20_000 }).toEqual({ ready: 1, starting: 0 })
  const names = ['one', 'two', 'three']
  const sessions = await Promise.all(
    names.map((name) => pooled.createSession({ profile: { name } })),
  )
  await expect.poll(ready, { timeout: 20_000 }).toEqual({ ready: 1, starting: 0 })
  await pooled.createSession()
  const refused = await pooled.api('POST', '/v2/interact', { profile: { name: 'four' } })
  expect(refused.status).toBe(429)
  // What was refused holds nothing.
  await pooled.api('DELETE', `/v2/interact/${sessions[0]!.id}`)
  await pooled.createSession({ profile: { name: 'four' } })
})

test('saves a session that was idle for too long', async () => {
  await idle.gone()
  const end = async () => (await server.api('GET', `/v2/interact/${idle.id}`)).body['endReason']
  expect(await end()).toBe('idle')
  expect(await whoIsThere('idle')).toBe('ada')
})
