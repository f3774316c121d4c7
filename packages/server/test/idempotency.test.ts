import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answer } from './support/api-caller.ts'
import { LocalSite } from './support/local-site.ts'
import { TestServer } from './support/test-server.ts'

let site: LocalSite
let server: TestServer
let dataDir: string
let sessionId: string

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tandem-test-'))
  site = await LocalSite.start()
  server = await TestServer.start({ dataDir })
  sessionId = (await server.createSession()).id
})

afterAll(async () => {
  await server.close()
  await site.close()
  await rm(dataDir, { recursive: true })
})

const count = 'globalThis.runs = (globalThis.runs ?? 0) + 1; console.log(`run ${runs}`); runs'

function post(
  path: string,
  body: object,
  key: string,
  options: { accept?: string; signal?: AbortSignal; caller?: string } = {},
): Promise<Answer> {
  const { accept, signal, caller } = options
  return server.api('POST', path, body, {
    headers: { 'idempotency-key': key, ...(accept === undefined ? {} : { accept }) },
    ...(signal ? { signal } : {}),
    ...(caller === undefined ? {} : { key: caller }),
  })
}

function execute(code: string, key: string, options?: Parameters<typeof post>[3]): Promise<Answer> {
  return post(`/v2/interact/${sessionId}/execute`, { code }, key, options)
}

/** How often a path of the site is asked for, from now on. */
function countVisits(path: string): { count: number } {
  const visits = { count: 0 }
  const wait = async (): Promise<void> => {
    await site.nextRequest(path)
    visits.count += 1
    await wait()
  }
  void wait()
  return visits
}

test('code runs once for a key, for two at the same time and for whoever comes later', async () => {
  const [first, second] = await Promise.all([execute(count, 'one'), execute(count, 'one')])
  expect(first.body).toMatchObject({ success: true, result: '1' })
  expect(second.body).toEqual(first.body)
  const later = await post(`/v2/browser/${sessionId}/execute`, { code: count }, 'one')
  expect(later.body).toEqual(first.body)
  expect(later.headers.get('idempotent-replayed')).toBe('true')
  expect((await execute(count, 'two')).body).toMatchObject({ result: '2' })
})

test('code that failed has had its run', async () => {
  const failing =
    'globalThis.failures = (globalThis.failures ?? 0) + 1; throw new Error(`failure ${failures}`)'
  const first = await execute(failing, 'failing')
  expect(first.body).toMatchObject({ exitCode: 1 })
  expect((await execute(failing, 'failing')).body).toEqual(first.body)
})

test('an execution with a key goes on without its client, and its answer can be fetched', async () => {
  const hangUp = new AbortController()
  const visits = countVisits('/begun')
  const code = `await fetch('${site.url}/begun'); await fetch('${site.url}/hold'); 'done'`
  const held = site.nextRequest('/hold')
  const lost = execute(code, 'lost', { signal: hangUp.signal })
  await held
  const { httpConnections } = await server.counters()
  hangUp.abort()
  await expect(lost).rejects.toThrow('aborted')
  // The server has noticed it.
  await expect
    .poll(async () => (await server.counters())['httpConnections'])
    .toBeLessThan(Number(httpConnections))
  const again = execute(code, 'lost')
  site.release()
  expect((await again).body).toMatchObject({ result: 'done', exitCode: 0 })
  expect(visits.count).toBe(1)
})

test('what is asked for must be the same', async () => {
  const differing = await Promise.all([
    execute('1 + 1', 'one'),
    post('/v2/interact', {}, 'one'),
    post('/v2/scrape', { url: site.url }, 'one'),
  ])
  for (const { status, body } of differing) {
    expect(status).toBe(400)
    expect(body['error']).toMatch(/^This Idempotency-Key was used for another request\./)
  }
  // It is the key of a team: to others it is a new one, and so is the session not theirs.
  const foreign = await execute(count, 'one', { caller: TestServer.keys[1] })
  expect(foreign.status).toBe(403)
})

test('an answer that was streamed can be had whole, and the other way about', async () => {
  const accept = 'text/event-stream'
  const streamed = await execute(count, 'streamed', { accept })
  const whole = await execute(count, 'streamed')
  const again = await execute(count, 'streamed', { accept })
  expect(again.headers.get('content-type')).toContain('text/event-stream')
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  for (const text of [streamed.body, again.body] as unknown as string[]) {
    const events = text.trim().split('\n\n')
    expect(events).toHaveLength(2)
    expect(events[0]).toMatch(/^event: stdout\ndata: {"text":"run \d+\\n"}$/)
    expect(JSON.parse(events[1]?.replace(/^event: result\ndata: /, '') ?? '')).toEqual(whole.body)
  }
})

test('a page is loaded once for a key, and its scrape gone on with once', async () => {
  const visits = countVisits('/')
  const scrape = () => post('/v2/scrape', { url: `${site.url}/` }, 'scrape')
  const [first, second] = await Promise.all([scrape(), scrape()])
  expect(first.status).toBe(200)
  expect(second.body).toEqual(first.body)
  expect((await scrape()).body).toEqual(first.body)
  expect(visits.count).toBe(1)
  const { metadata } = first.body['data'] as { metadata: { scrapeId: string } }
  const path = `/v2/scrape/${metadata.scrapeId}/interact`
  const [one, other] = await Promise.all([1, 2].map(() => post(path, { code: count }, 'interact')))
  expect(one?.body).toMatchObject({ success: true, result: '1' })
  expect(other?.body).toEqual(one?.body)
  await server.api('DELETE', path)
})

test('a restart loses no answer, and what is kept cannot be read without the key', async () => {
  const created = await post('/v2/interact', { ttl: 60 }, 'created')
  const long = await execute(`'x'.repeat(100_000)`, 'long')
  await server.close()
  const token = new URL(String(created.body['cdpUrl'])).searchParams.get('token') as string
  const files = (await readdir(dataDir)).filter((name) => name.startsWith('tandem.db'))
  for (const name of files) {
    const content = await readFile(join(dataDir, name), 'latin1')
    expect(content).not.toContain(token)
    expect(content).not.toContain('x'.repeat(100))
  }
  server = await TestServer.start({ dataDir })
  for (const [path, body, key, answer] of [
    ['/v2/interact', { ttl: 60 }, 'created', created],
    [`/v2/interact/${sessionId}/execute`, { code: count }, 'two', undefined],
    [`/v2/interact/${sessionId}/execute`, { code: `'x'.repeat(100_000)` }, 'long', long],
  ] as const) {
    const again = await post(path, body, key)
    expect(again.status).toBe(200)
    if (answer) expect(again.body).toEqual(answer.body)
  }
  // Without a key it is plain that the session is gone.
  expect(
    (await server.api('POST', `/v2/interact/${sessionId}/execute`, { code: '1' })).status,
  ).toBe(410)
})
