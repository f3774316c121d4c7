import { expect, test } from 'vitest'
import { Tandem } from '../src/index.ts'
import { failureOf } from './support/failure.ts'
import { created, deleted, executed, TestServer } from './support/server.ts'

const apiKey = 'td-wire-test-key'

test('scrape sends the options and returns the document with its request id', async () => {
  await using server = await TestServer.start((exchange) =>
    exchange.json(
      200,
      { success: true, data: { markdown: '# Hi', metadata: { scrapeId: 's1' } } },
      { 'x-request-id': 'req-1' },
    ),
  )
  const page = await new Tandem({ baseUrl: `${server.url}/`, apiKey }).scrape('https://a.example', {
    formats: ['markdown', { type: 'screenshot', fullPage: true }],
    onlyMainContent: false,
  })
  expect(page).toEqual({ markdown: '# Hi', metadata: { scrapeId: 's1' }, requestId: 'req-1' })
  const { method, url, headers, body } = server.request()
  expect([method, url]).toEqual(['POST', '/v2/scrape'])
  expect(headers.authorization).toBe(`Bearer ${apiKey}`)
  expect(headers['idempotency-key']).toBeUndefined()
  expect(body).toEqual({
    origin: expect.stringMatching(/^tandem-js@\d+\.\d+\.\d+/) as string,
    url: 'https://a.example',
    formats: ['markdown', { type: 'screenshot', fullPage: true }],
    onlyMainContent: false,
  })
})

test('a session is created, used, read, listed and ended', async () => {
  const { success: _, ...state } = {
    ...created,
    status: 'active',
    createdAt: 'c',
    lastActivity: 'l',
  }
  await using server = await TestServer.start((exchange) => {
    const { method, url } = exchange
    const id = { 'x-request-id': `${method} ${url}` }
    if (method === 'DELETE') exchange.json(200, deleted, id)
    else if (url.endsWith('/execute')) exchange.json(200, executed, id)
    else if (method === 'POST') exchange.json(200, created, id)
    else if (url.startsWith('/v2/interact/')) exchange.json(200, { success: true, ...state }, id)
    else exchange.json(200, { success: true, sessions: [state] }, id)
  })
  const tandem = new Tandem({ baseUrl: server.url, apiKey })
  const session = await tandem.sessions.create({ ttl: 60, profile: { name: 'shop' } })
  expect(session).toMatchObject({
    id: created.id,
    status: 'active',
    expiresAt: created.expiresAt,
    requestId: 'POST /v2/interact',
  })
  expect(session.cdpUrl).toBe(created.cdpUrl)
  expect(session.liveViewUrl).toBe(created.liveViewUrl)
  expect(session.interactiveLiveViewUrl).toBe(created.interactiveLiveViewUrl)
  expect(server.request().body).toMatchObject({ ttl: 60, profile: { name: 'shop' } })
  expect(server.request().headers['idempotency-key']).toMatch(/^[\d-]{20,}$/)

  const path = `/v2/interact/${created.id}`
  const execution = await session.execute('1 + 1', { language: 'node', timeout: 5 })
  expect(execution).toMatchObject({ ok: true, result: '2', requestId: `POST ${path}/execute` })
  expect(server.request(1).url).toBe(`${path}/execute`)
  expect(server.request(1).body).toMatchObject({ code: '1 + 1', language: 'node', timeout: 5 })

  await session.prompt('Buy milk', { timeout: 9 })
  expect(server.request(2).url).toBe(`${path}/execute`)
  expect(server.request(2).body).toMatchObject({ prompt: 'Buy milk', timeout: 9 })

  await tandem.sessions.execute(session.id, { code: 'ls', language: 'bash' })
  expect(server.request(3).body).toMatchObject({ code: 'ls', language: 'bash' })

  const read = await tandem.sessions.get(session.id)
  expect([read.id, read.createdAt, read.cdpUrl]).toEqual([created.id, 'c', created.cdpUrl])
  const [listed] = await tandem.sessions.list({ status: 'active' })
  expect([listed?.id, listed?.liveViewUrl]).toEqual([created.id, created.liveViewUrl])
  expect(server.request(5).url).toBe('/v2/interact?status=active')

  const ended = { sessionDurationMs: 1200, creditsBilled: 2, requestId: `DELETE ${path}` }
  expect(await session.delete()).toEqual(ended)
  expect(await tandem.sessions.delete(session.id)).toEqual(ended)
})

test('interact runs code or a prompt on a scrape, and stopInteraction ends it', async () => {
  const urls = {
    cdpUrl: created.cdpUrl,
    liveViewUrl: created.liveViewUrl,
    interactiveLiveViewUrl: '',
  }
  await using server = await TestServer.start((exchange) =>
    exchange.method === 'DELETE'
      ? exchange.json(200, deleted)
      : exchange.json(200, { ...executed, ...urls, sessionId: 'x1', output: 'done' }),
  )
  const tandem = new Tandem({ baseUrl: server.url, apiKey })
  const interaction = await tandem.interact('scrape 1', { code: 'page.url()', ttl: 90 })
  expect(interaction).toMatchObject({ ok: true, sessionId: 'x1', output: 'done' })
  expect(interaction.cdpUrl).toBe(created.cdpUrl)
  expect(interaction.liveViewUrl).toBe(created.liveViewUrl)
  expect(server.request().url).toBe('/v2/scrape/scrape%201/interact')
  expect(server.request().body).toMatchObject({ code: 'page.url()', ttl: 90 })
  await tandem.interact('s', { prompt: 'Log in' })
  expect(server.request(1).body).toMatchObject({ prompt: 'Log in' })
  await tandem.stopInteraction('s')
  expect([server.request(2).method, server.request(2).url]).toEqual([
    'DELETE',
    '/v2/scrape/s/interact',
  ])
  expect(server.request(2).body).toBeUndefined()
})

test.each([
  ['code that ended well', executed, { ok: true, exitCode: 0 }],
  [
    'standalone, failed',
    { ...executed, exitCode: 1, stderr: 'Error: boom', error: 'Error: boom' },
    { ok: false, error: 'Error: boom' },
  ],
  [
    'scrape-bound, failed',
    { ...executed, success: false, exitCode: 1, stderr: 'Error: boom' },
    { ok: false, error: 'Error: boom' },
  ],
  [
    'killed',
    { ...executed, killed: true, exitCode: 124, truncated: true },
    { ok: false, killed: true, truncated: true, error: 'Execution failed' },
  ],
  [
    'as the pages show it',
    { success: true, error: 'TimeoutError: 30000ms' },
    { ok: false, exitCode: 1, stdout: '', error: 'TimeoutError: 30000ms' },
  ],
])('one `ok` for every way to say it: %s', async (_, answer, expected) => {
  await using server = await TestServer.start((exchange) => exchange.json(200, answer))
  const execution = await new Tandem({ baseUrl: server.url }).sessions.execute('a', { code: 'x' })
  expect(execution).toMatchObject(expected)
  expect('error' in execution).toBe(!expected.ok)
})

test('a server that cannot read one session is asked for the list', async () => {
  await using server = await TestServer.start((exchange) =>
    exchange.url === '/v2/interact'
      ? exchange.json(200, {
          success: true,
          sessions: [{ ...created, status: 'destroyed', endReason: 'ttl' }],
        })
      : exchange.text(404, '<pre>Cannot GET</pre>'),
  )
  const tandem = new Tandem({ baseUrl: server.url })
  expect(await tandem.sessions.get(created.id)).toMatchObject({
    status: 'destroyed',
    endReason: 'ttl',
  })
  expect((await failureOf(tandem.sessions.get('other'))).name).toBe('NotFoundError')
})

test('a session that does not exist is not looked for in the list', async () => {
  await using server = await TestServer.start((exchange) =>
    exchange.json(404, { success: false, error: 'Browser session not found.' }),
  )
  const error = await failureOf(new Tandem({ baseUrl: server.url }).sessions.get('a'))
  expect([error.name, error.message]).toEqual(['NotFoundError', 'Browser session not found.'])
  expect(server.requests).toHaveLength(1)
})

test('await using ends the session, also when it is gone already', async () => {
  await using server = await TestServer.start((exchange, index) =>
    exchange.method === 'POST'
      ? exchange.json(200, created)
      : index < 2
        ? exchange.json(200, deleted)
        : exchange.json(410, { success: false, error: 'Browser session has been destroyed.' }),
  )
  const tandem = new Tandem({ baseUrl: server.url })
  for (const _ of [1, 2]) {
    await using session = await tandem.sessions.create()
    expect(session.id).toBe(created.id)
  }
  expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE', 'POST', 'DELETE'])
})

test('await using does not hide that the session could not be ended', async () => {
  await using server = await TestServer.start((exchange) =>
    exchange.method === 'POST'
      ? exchange.json(200, created)
      : exchange.json(403, { success: false, error: 'Forbidden.' }),
  )
  const use = async () => {
    await using session = await new Tandem({ baseUrl: server.url }).sessions.create()
    expect(session.status).toBe('active')
  }
  expect((await failureOf(use())).name).toBe('ForbiddenError')
})

test('calls in a row share a connection', async () => {
  await using server = await TestServer.start((exchange) => exchange.json(200, executed))
  const { sessions } = new Tandem({ baseUrl: server.url })
  for (let call = 0; call < 10; call++) await sessions.execute('a', { code: '1' })
  expect(server.connections).toBeLessThan(3)
})

test('extra headers are sent, and no Authorization without a key', async () => {
  await using server = await TestServer.start((exchange) => exchange.json(200, executed))
  const tandem = new Tandem({
    baseUrl: `${server.url}/prefix/`,
    apiKey: '',
    headers: { 'x-team': 'red' },
  })
  await tandem.sessions.execute('a', { code: '1' })
  const { headers, url } = server.request()
  expect(url).toBe('/prefix/v2/interact/a/execute')
  expect([headers.authorization, headers['x-team']]).toEqual([undefined, 'red'])
})

test.each([
  ['neither code nor prompt', (tandem: Tandem) => tandem.sessions.execute('a', {} as never)],
  ['both', (tandem: Tandem) => tandem.interact('a', { code: '1', prompt: '2' } as never)],
  ['blank code', (tandem: Tandem) => tandem.interact('a', { code: ' \n' })],
  ['an empty id', (tandem: Tandem) => tandem.sessions.get('')],
  ['an id that climbs', (tandem: Tandem) => tandem.stopInteraction('..')],
  ['no id at all', (tandem: Tandem) => tandem.sessions.delete(undefined as never)],
])('%s is refused before anything is sent', async (_, call) => {
  await using server = await TestServer.start((exchange) => exchange.json(200, executed))
  const error = await failureOf(call(new Tandem({ baseUrl: server.url })))
  expect(error.name).toBe('ValidationError')
  expect(server.requests).toHaveLength(0)
})

test('the global fetch is looked up at each call, and an own one is called without `this`', async () => {
  await using server = await TestServer.start((exchange) => exchange.json(200, deleted))
  const seen: unknown[] = []
  const options = {
    baseUrl: server.url,
    fetch(this: unknown, ...parameters: Parameters<typeof fetch>) {
      seen.push(this)
      return fetch(...parameters)
    },
  }
  await new Tandem(options).sessions.delete('a')
  expect(seen).toEqual([undefined])
  const tandem = new Tandem({ baseUrl: server.url })
  const original = globalThis.fetch
  try {
    globalThis.fetch = (...parameters) => {
      seen.push('replaced')
      return original(...parameters)
    }
    await tandem.sessions.delete('a')
    expect(seen).toEqual([undefined, 'replaced'])
  } finally {
    globalThis.fetch = original
  }
})
