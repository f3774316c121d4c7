import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Behaviour, BreakableEngine } from './support/breakable-engine.ts'
import { ServerProcess } from './support/server-process.ts'
import { isAlive, processesOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

/** The engine is a script with files of its own, which no sandbox has. */
const unisolated = { isolation: 'none' } as const

async function sessionFolders(server: TestServer): Promise<string[]> {
  return readdir(join(server.dataDirectory, 'sessions'))
}

async function activeSessions(server: TestServer): Promise<number> {
  const { body } = await server.api<{ sessions: { active: number } }>('GET', '/health')
  return body.sessions.active
}

/** Nothing of the failed start is left: no process, folder, session, or place taken. */
async function expectNothingLeft(server: TestServer, engine: BreakableEngine): Promise<void> {
  expect((await engine.started()).filter(isAlive)).toEqual([])
  expect(await processesOf(server)).toEqual([])
  expect(await sessionFolders(server)).toEqual([])
  expect(await activeSessions(server)).toBe(0)
  expect((await server.api('GET', '/v2/interact')).body).toEqual({ success: true, sessions: [] })
}

// Of tests at the same time, each polls with an `expect` of its own.
describe.concurrent('a browser that does not start', () => {
  // One that ends by itself is tried again twice; one that runs on is not.
  const cases: [Behaviour, number, number][] = [
    ['hangs', 1, 25_000],
    ['falls silent', 1, 25_000],
    ['exits', 3, 12_000],
    ['babbles', 1, 12_000],
  ]

  test.for(cases)(
    'because it %s: 502, nothing is left, and the next one starts',
    { timeout: 60_000 },
    async ([behaviour, attempts, bound]) => {
      await using engine = await BreakableEngine.create()
      await using server = await TestServer.start({
        ...unisolated,
        chromium: engine.executable,
        maxSessions: 1,
      })
      const before = await engine.started()
      await engine.behave(behaviour)
      const start = performance.now()
      const { status, body } = await server.api('POST', '/v2/interact')
      expect({ status, body }).toEqual({
        status: 502,
        body: { success: false, error: 'Failed to create browser session.' },
      })
      expect(performance.now() - start).toBeLessThan(bound)
      expect(await engine.started()).toHaveLength(before.length + attempts)
      await expectNothingLeft(server, engine)

      await engine.behave('works')
      const session = await server.createSession()
      const url = `/v2/interact/${session.id}`
      const answer = await server.api('POST', `${url}/execute`, {
        ...{ code: 'agent-browser eval 6*7', language: 'bash' },
      })
      expect(answer.body).toMatchObject({ result: '42', exitCode: 0 })
      await server.api('DELETE', url)
    },
  )

  test('does not keep the server from its end', async ({ expect: own }) => {
    await using engine = await BreakableEngine.create()
    await using server = await TestServer.start({ ...unisolated, chromium: engine.executable })
    await engine.behave('hangs')
    const create = server.api('POST', '/v2/interact')
    await own.poll(() => processesOf(server)).toHaveLength(2)
    const start = performance.now()
    await server.close()
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(await create).toMatchObject({
      status: 503,
      body: { success: false, error: 'The server is shutting down.' },
    })
    expect(await processesOf(server)).toEqual([])
  })

  test('is ended when its client gives up', async ({ expect: own }) => {
    await using engine = await BreakableEngine.create()
    await using server = await TestServer.start({ ...unisolated, chromium: engine.executable })
    await engine.behave('hangs')
    const abort = new AbortController()
    const create = server.api('POST', '/v2/interact', undefined, { signal: abort.signal })
    await own.poll(() => processesOf(server)).toHaveLength(2)
    abort.abort()
    await expect(create).rejects.toThrow('aborted')
    await own.poll(() => sessionFolders(server)).toEqual([])
    await expectNothingLeft(server, engine)
  })
})

test.concurrent('a browser that runs on but cannot be reached any more has crashed', async ({
  expect: own,
}) => {
  await using engine = await BreakableEngine.create()
  await using server = await TestServer.start({ ...unisolated, chromium: engine.executable })
  await engine.behave('breaks later')
  const { id } = await server.createSession()
  const url = `/v2/interact/${id}`
  // Its kernel is the first client.
  await server.api('POST', `${url}/execute`, { code: '1' })
  await own
    .poll(async () => (await server.api('GET', url)).body)
    .toMatchObject({ status: 'destroyed', endReason: 'crashed' })
  expect((await server.api('POST', `${url}/execute`, { code: '1' })).status).toBe(410)
  expect(await processesOf(server)).toEqual([])
  expect(await sessionFolders(server)).toEqual([])
})

test.concurrent('an executable that goes away while the server runs: 502 until it is back', async () => {
  const engine = await BreakableEngine.create()
  await using server = await TestServer.start({ ...unisolated, chromium: engine.executable })
  await engine[Symbol.asyncDispose]()
  expect(await server.api('POST', '/v2/interact')).toMatchObject({
    status: 502,
    body: { success: false, error: 'Failed to create browser session.' },
  })
  expect(await sessionFolders(server)).toEqual([])
  expect(await activeSessions(server)).toBe(0)
})

test('a browser that does not start says why in the log', async () => {
  await using engine = await BreakableEngine.create()
  const dataDirectory = await mkdtemp(join(tmpdir(), 'tandem-chaos-'))
  onTestFinished(() => rm(dataDirectory, { recursive: true }))
  const server = await ServerProcess.start(dataDirectory, {
    TANDEM_ISOLATION: unisolated.isolation,
    TANDEM_CHROMIUM: engine.executable,
    TANDEM_LOG_LEVEL: 'error',
  })
  await engine.behave('exits')
  const { status, headers } = await server.api('POST', '/v2/interact')
  expect(status).toBe(502)
  expect(await server.end('SIGTERM')).toBe(0)
  const log = server.output
  expect(log).toContain('The browser did not start')
  expect(log).toContain('no display, no fun')
  expect(log).toContain(headers.get('x-request-id'))
  for (const key of ServerProcess.keys) expect(log).not.toContain(key)
})

describe('room for one session', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await TestServer.start({ maxSessions: 1 })
  })

  afterAll(() => server.close())

  test('is given to one of many who ask at once, and again after every delete', async () => {
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => server.api('POST', '/v2/interact')),
      )
      const [made, ...others] = answers.toSorted((first, second) => first.status - second.status)
      expect(made?.status).toBe(200)
      for (const { status, headers, body } of others) {
        expect(status).toBe(429)
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
        expect(body).toMatchObject({
          success: false,
          code: 'CONCURRENCY_LIMIT',
          error: expect.stringContaining('maximum number of concurrent jobs (1)'),
        })
      }
      const id = String(made?.body['id'])
      expect((await server.api('DELETE', `/v2/interact/${id}`)).status).toBe(200)
    }
  })

  test('is free again when a client went away before it had its session', async () => {
    for (let round = 0; round < 3; round += 1) {
      const abort = new AbortController()
      const create = server.api('POST', '/v2/interact', undefined, { signal: abort.signal })
      await expect.poll(() => processesOf(server), { interval: 5 }).not.toEqual([])
      abort.abort()
      // A start that was quicker than the abort has given a session; that one is the client's.
      const made = await create.catch(() => undefined)
      if (made) await server.api('DELETE', `/v2/interact/${String(made.body['id'])}`)
      await expect.poll(() => sessionFolders(server)).toEqual([])
      expect(await processesOf(server)).toEqual([])
    }
    expect((await server.api('GET', '/v2/interact?status=active')).body).toMatchObject({
      sessions: [],
    })
    const { id } = await server.createSession()
    await server.api('DELETE', `/v2/interact/${id}`)
  })
})

test('a browser that cannot be started at all keeps the server from starting', async () => {
  await using engine = await BreakableEngine.create()
  await engine.behave('exits')
  const start = TestServer.start({ ...unisolated, chromium: engine.executable })
  await expect(start).rejects.toThrow(/The browser did not start[^]*no display, no fun/)
  expect((await engine.started()).filter(isAlive)).toEqual([])
})
