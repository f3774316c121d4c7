import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { CreateSessionResponse, ListSessionsResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { BreakableEngine } from './support/breakable-engine.ts'
import { LocalSite } from './support/local-site.ts'
import { RawClient } from './support/raw-client.ts'
import {
  browserOf,
  isAlive,
  isBrowser,
  kernelOf,
  processesOf,
} from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

// Most of it is the start of browsers.
vi.setConfig({ testTimeout: 120_000 })

interface Health {
  pool: { ready: number; starting: number }
  sessions: { active: number; starting: number }
}

/** A busy machine takes its time. */
const patience = { timeout: 60_000, interval: 20 }

async function healthOf(server: TestServer): Promise<Health> {
  return (await server.api<Health>('GET', '/health')).body
}

/** Waits until so many sessions are ready and no more are on their way. */
async function untilReady(server: TestServer, ready: number): Promise<void> {
  const pool = async (): Promise<Health['pool']> => (await healthOf(server)).pool
  await expect.poll(pool, patience).toEqual({ ready, starting: 0 })
}

/** Ids of all sessions whose folder is there, ready ones included. */
function idsOf(server: TestServer): Promise<string[]> {
  return readdir(server.directory)
}

async function deleteAll(server: TestServer, sessions: CreateSessionResponse[]): Promise<void> {
  await Promise.all(sessions.map(({ id }) => server.api('DELETE', `/v2/interact/${id}`)))
}

describe('two that are ready', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await TestServer.start({ poolSize: 2 })
  })

  afterAll(() => server.close())

  test('a session that was ready is handed out, once, and another takes its place', async () => {
    await untilReady(server, 2)
    const ready = await idsOf(server)
    expect(ready).toHaveLength(2)
    const sessions = await Promise.all([server.createSession(), server.createSession()])
    expect(sessions.map(({ id }) => id).toSorted()).toEqual(ready.toSorted())
    await untilReady(server, 2)
    const next = await server.createSession()
    expect(ready).not.toContain(next.id)
    // The kernel goes by the name of its session, and has its page.
    const { body } = await server.api('POST', `/v2/interact/${next.id}/execute`, {
      code: 'process.env.SESSION_ID + " " + page.url()',
    })
    expect(body).toMatchObject({ result: `${next.id} about:blank` })
    // The newest is first, however old its browser is.
    const { body: list } = await server.api<ListSessionsResponse>('GET', '/v2/interact')
    expect(list.sessions[0]?.id).toBe(next.id)
    expect(await healthOf(server)).toMatchObject({ sessions: { active: 3 } })
    await deleteAll(server, [...sessions, next])
  })

  test('a browser that does not answer is not handed out', async () => {
    await untilReady(server, 2)
    const ids = await idsOf(server)
    const stopped = await Promise.all(ids.map(browserOf))
    for (const pid of stopped) process.kill(pid, 'SIGSTOP')
    const session = await server.createSession()
    expect(ids).not.toContain(session.id)
    await expect.poll(() => stopped.filter(isAlive), patience).toEqual([])
    await untilReady(server, 2)
    const { body } = await server.api('POST', `/v2/interact/${session.id}/execute`, {
      code: '1 + 1',
    })
    expect(body).toMatchObject({ result: '2' })
    await deleteAll(server, [session])
  })

  test('end with their server, even while one is asked whether it answers, and does not', async () => {
    await untilReady(server, 2)
    const stopped = await Promise.all((await idsOf(server)).map(browserOf))
    for (const pid of stopped) process.kill(pid, 'SIGSTOP')
    const refused = server.api('POST', '/v2/interact')
    await expect.poll(async () => (await healthOf(server)).sessions.starting, patience).toBe(1)
    await server.close()
    expect((await refused).status).toBe(503)
    expect(await processesOf(server)).toEqual([])
  })
})

describe('one that is ready', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await TestServer.start({ poolSize: 1 })
  })

  afterAll(() => server.close())

  test('a session that nobody has yet is nobody’s: not listed, not found', async () => {
    await untilReady(server, 1)
    const [id] = await idsOf(server)
    expect((await server.api('GET', '/v2/interact')).body).toMatchObject({ sessions: [] })
    const notFound = { status: 404, body: { error: 'Browser session not found.' } }
    const path = `/v2/interact/${id}`
    expect(await server.api('GET', path)).toMatchObject(notFound)
    expect(await server.api('DELETE', path)).toMatchObject(notFound)
    expect(await server.api('POST', `${path}/execute`, { code: '1' })).toMatchObject(notFound)
    const other = await server.createSession()
    await untilReady(server, 1)
    const hidden = (await idsOf(server)).find((name) => name !== other.id) as string
    const cdpUrl = other.cdpUrl.replace(other.id, hidden)
    await expect(RawClient.connect(cdpUrl)).rejects.toThrow('404')
    expect(await healthOf(server)).toMatchObject({ pool: { ready: 1 }, sessions: { active: 1 } })
    await deleteAll(server, [other])
  })

  test('a browser that dies before anybody has it is replaced, and nobody gets it', async () => {
    await untilReady(server, 1)
    const [id] = (await idsOf(server)) as [string]
    process.kill(await browserOf(id), 'SIGKILL')
    // Nobody asks for it.
    await expect.poll(() => idsOf(server), patience).not.toContain(id)
    await untilReady(server, 1)
    expect(await processesOf(id)).toEqual([])
    const [next] = (await idsOf(server)) as [string]
    process.kill(await browserOf(next), 'SIGKILL')
    // Somebody asks for it at once.
    const session = await server.createSession()
    expect(session.id).not.toBe(next)
    await untilReady(server, 1)
    expect(await idsOf(server)).not.toContain(next)
    await deleteAll(server, [session])
  })

  test('a kernel that dies before it ever ran anything is replaced, and has nothing to tell of', async () => {
    await untilReady(server, 1)
    const session = await server.createSession()
    const kernel = await kernelOf(session.id)
    process.kill(kernel, 'SIGKILL')
    await expect.poll(() => existsSync(`/proc/${kernel}`), { ...patience, interval: 5 }).toBe(false)
    const { body } = await server.api('POST', `/v2/interact/${session.id}/execute`, {
      code: '1 + 1',
    })
    expect(body).toMatchObject({ result: '2', stderr: '' })
    await deleteAll(server, [session])
  })

  test('ends with its server', async () => {
    await untilReady(server, 1)
    await server.close()
    expect(await processesOf(server)).toEqual([])
  })
})

test('as many at once as there may be are all served, each with a browser of its own', async () => {
  const server = await TestServer.forTest({ poolSize: 2, maxSessions: 8 })
  await untilReady(server, 2)
  const sessions = await Promise.all(Array.from({ length: 8 }, () => server.createSession()))
  expect(new Set(sessions.map(({ id }) => id)).size).toBe(8)
  expect((await processesOf(server)).filter(isBrowser)).toHaveLength(8)
  // There are as many as there may be, so nothing is kept ready besides.
  await untilReady(server, 0)
  expect((await idsOf(server)).toSorted()).toEqual(sessions.map(({ id }) => id).toSorted())
  await deleteAll(server, sessions)
  await untilReady(server, 2)
})

describe('one that is ready beside one in use, where there may be two', () => {
  let server: TestServer
  let used: CreateSessionResponse

  beforeAll(async () => {
    server = await TestServer.start({ poolSize: 5, maxSessions: 2 })
    used = await server.createSession()
  })

  afterAll(() => server.close())

  test('is all that is kept, and none when both are in use', async () => {
    await untilReady(server, 1)
    const second = await server.createSession()
    await untilReady(server, 0)
    expect(await server.api('POST', '/v2/interact')).toMatchObject({ status: 429 })
    expect((await idsOf(server)).toSorted()).toEqual([used.id, second.id].toSorted())
    await deleteAll(server, [second])
    await untilReady(server, 1)
  })

  test('is taken by a scrape, without its kernel', async () => {
    const site = await LocalSite.start()
    onTestFinished(() => site.close())
    await untilReady(server, 1)
    const ready = (await idsOf(server)).find((id) => id !== used.id) as string
    const loading = site.nextRequest('/hold')
    const scraping = server.api('POST', '/v2/scrape', { url: `${site.url}/hold` })
    await loading
    expect((await idsOf(server)).toSorted()).toEqual([used.id, ready].toSorted())
    const processes = await processesOf(ready)
    expect(processes.filter(isBrowser)).toHaveLength(1)
    expect(processes.filter(({ commandLine }) => commandLine.includes('kernels'))).toEqual([])
    site.release()
    expect(await scraping).toMatchObject({ status: 200 })
    await untilReady(server, 1)
    expect(await idsOf(server)).not.toContain(ready)
  })

  test('was being made for a client that left, and is for the next one', async () => {
    await untilReady(server, 1)
    const second = await server.createSession()
    await deleteAll(server, [second])
    // From now on the only one that is being made.
    await expect.poll(async () => (await idsOf(server)).length, patience).toBe(2)
    const made = (await idsOf(server)).find((id) => id !== used.id)
    const controller = new AbortController()
    const left = server.createSession({}, { signal: controller.signal })
    await expect.poll(async () => (await healthOf(server)).sessions.starting, patience).toBe(1)
    controller.abort()
    await expect(left).rejects.toThrow('aborted')
    await untilReady(server, 1)
    expect((await server.createSession()).id).toBe(made)
  })
})

test('a client that leaves while a session is being made for it leaves nothing behind', async () => {
  await using engine = await BreakableEngine.create()
  const server = await TestServer.forTest({ isolation: 'none', chromium: engine.executable })
  const before = (await engine.started()).length
  await engine.behave('hangs')
  const controller = new AbortController()
  const left = server.createSession({}, { signal: controller.signal })
  await expect.poll(async () => (await engine.started()).length, patience).toBe(before + 1)
  controller.abort()
  await expect(left).rejects.toThrow('aborted')
  await expect.poll(() => processesOf(server), patience).toEqual([])
  await expect.poll(() => idsOf(server), patience).toEqual([])
  await engine.behave('works')
  await server.createSession()
})

test('a browser that cannot be made is tried again less and less often, and is no harm', async () => {
  await using engine = await BreakableEngine.create()
  const server = await TestServer.forTest({
    isolation: 'none',
    chromium: engine.executable,
    poolSize: 1,
  })
  await untilReady(server, 1)
  await engine.behave('exits')
  const session = await server.createSession()
  expect(await server.api('POST', '/v2/interact')).toMatchObject({ status: 502 })
  const { body } = await server.api('POST', `/v2/interact/${session.id}/execute`, { code: '1 + 1' })
  expect(body).toMatchObject({ result: '2' })
  await engine.behave('works')
  await untilReady(server, 1)
})

test('one that was ready for ten minutes is replaced', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const server = await TestServer.forTest({ poolSize: 1 })
  await untilReady(server, 1)
  const before = await idsOf(server)
  vi.advanceTimersByTime(9 * 60_000)
  expect(await idsOf(server)).toEqual(before)
  vi.advanceTimersByTime(2 * 60_000)
  await expect.poll(() => idsOf(server), patience).not.toEqual(before)
  await untilReady(server, 1)
})

test('those that are being made end with their server as well', async () => {
  const server = await TestServer.start({ poolSize: 2 })
  await expect.poll(() => processesOf(server), patience).not.toEqual([])
  await server.close()
  expect(await processesOf(server)).toEqual([])
})

test('a server that keeps none ready makes none', async () => {
  const server = await TestServer.forTest({ poolSize: 0 })
  const session = await server.createSession()
  expect(await idsOf(server)).toEqual([session.id])
  await deleteAll(server, [session])
  await untilReady(server, 0)
  expect(await processesOf(server)).toEqual([])
})
