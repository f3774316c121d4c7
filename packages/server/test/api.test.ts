import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isolation } from './support/isolation.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start({ maxSessions: 4 })
})

afterAll(() => server.close())

const unknownId = '01890000-0000-7000-8000-000000000000'

describe('who may call', () => {
  test('anybody may ask for the health, which says how sessions are isolated', async () => {
    const { status, body } = await server.api('GET', '/health', undefined, { key: '' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'ok',
      isolation,
      engine: { version: expect.any(String) },
    })
  })

  test.each([
    ['GET', '/v2/interact'],
    ['POST', '/v2/browser'],
    ['POST', `/v2/interact/${unknownId}/execute`],
    ['DELETE', `/v2/interact/${unknownId}`],
    ['POST', '/v2/scrape'],
    ['POST', `/v2/scrape/${unknownId}/interact`],
  ])('nobody without a key: %s %s', async (method, path) => {
    const missing = await server.api(method, path, undefined, { key: '' })
    expect(missing.status).toBe(401)
    expect(missing.body).toEqual({ success: false, error: 'Unauthorized: Token missing' })
    expect(missing.headers.get('www-authenticate')).toBe('Bearer')
    const wrong = await server.api(method, path, undefined, { key: 'td-not-a-key-of-this-server' })
    expect(wrong.status).toBe(401)
    expect(wrong.body).toEqual({ success: false, error: 'Unauthorized: Invalid token' })
  })

  test('a body is not read before the key is known', async () => {
    const answer = await server.api('POST', '/v2/interact', '{"ttl":', {
      key: 'td-wrong-wrong-wrong',
    })
    expect(answer.status).toBe(401)
  })
})

test('a page of any origin may call with a key, and read what it needs', async () => {
  const origin = 'https://app.example'
  const asked = 'authorization,content-type,idempotency-key'
  const preflight = await server.api('OPTIONS', '/v2/interact', undefined, {
    key: '',
    headers: {
      origin,
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': asked,
    },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
  expect(preflight.headers.get('access-control-allow-methods')).toContain('DELETE')
  expect(preflight.headers.get('access-control-allow-headers')).toContain('idempotency-key')
  const refused = await server.api('GET', '/v2/interact', undefined, {
    key: '',
    headers: { origin },
  })
  expect(refused.status).toBe(401)
  expect(refused.headers.get('access-control-allow-origin')).toBe('*')
  expect(refused.headers.get('access-control-expose-headers')).toContain('x-request-id')
})

test('an object in the place of a text is told from one, whatever it pretends to be', async () => {
  const { status, body } = await server.api('POST', `/live/${unknownId}/ticket`, {
    token: { length: { toString: 1 } },
  })
  expect([status, body['code']]).toEqual([400, 'BAD_REQUEST'])
})

test('every answer has a request id of its own', async () => {
  const answers = await Promise.all([
    server.api('GET', '/v2/interact'),
    server.api('GET', '/nowhere'),
    server.api('GET', '/v2/interact', undefined, { key: '' }),
  ])
  const ids = answers.map(({ headers }) => headers.get('x-request-id'))
  expect(new Set(ids).size).toBe(3)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/)
})

describe('bad input', () => {
  test.each([
    ['a ttl that is too short', 'POST', '/v2/interact', { ttl: 29 }, /ttl/],
    ['a ttl that is no number', 'POST', '/v2/interact', { ttl: '600' }, /ttl/],
    [
      'an activityTtl that is too long',
      'POST',
      '/v2/browser',
      { activityTtl: 3601 },
      /activityTtl/,
    ],
    [
      'an integration that nobody knows',
      'POST',
      '/v2/interact',
      { integration: 'other' },
      /integration/,
    ],
    [
      'neither code nor prompt',
      'POST',
      `/v2/interact/${unknownId}/execute`,
      {},
      /^Either 'code' or 'prompt' must be provided\.$/,
    ],
    [
      'both code and prompt',
      'POST',
      `/v2/interact/${unknownId}/execute`,
      { code: '1', prompt: 'x' },
      /not both/,
    ],
    [
      'code that is too long',
      'POST',
      `/v2/interact/${unknownId}/execute`,
      { code: 'é'.repeat(50_001) },
      /^Code must not exceed 100,000 UTF-8 bytes\.$/,
    ],
    [
      'a language that nobody knows',
      'POST',
      `/v2/interact/${unknownId}/execute`,
      { code: '1', language: 'js' },
      /language/,
    ],
    [
      'a timeout that is too long',
      'POST',
      `/v2/interact/${unknownId}/execute`,
      { code: '1', timeout: 301 },
      /timeout/,
    ],
    ['a status that nobody knows', 'GET', '/v2/interact?status=paused', undefined, /status/],
    ['a scrape of no page', 'POST', '/v2/scrape', {}, /url/],
    [
      'a scrape of a file',
      'POST',
      '/v2/scrape',
      { url: 'file:///etc/passwd' },
      /url: must be an absolute http or https address/,
    ],
    [
      'a key that a scrape does not know',
      'POST',
      '/v2/scrape',
      { url: 'http://localhost', unknown: 1 },
      /^Unrecognized key in body -- please review the v2 API documentation for request body changes \(unknown\)$/,
    ],
    [
      'a wait that is longer than half of the timeout',
      'POST',
      '/v2/scrape',
      { url: 'http://localhost', timeout: 1000, waitFor: 501 },
      /at most half/,
    ],
    [
      'a job id that is no UUID',
      'POST',
      '/v2/scrape/1/interact',
      { code: '1' },
      /^Invalid job ID format\. Job ID must be a valid UUID\.$/,
    ],
  ])('%s', async (_, method, path, body, error) => {
    const answer = await server.api(method, path, body)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ success: false, error: expect.stringMatching(error) })
  })

  test('a schema failure lists every problem', async () => {
    const { body } = await server.api('POST', '/v2/interact', { ttl: 1, activityTtl: 'x' })
    expect(body).toMatchObject({
      code: 'BAD_REQUEST',
      details: [{ path: ['ttl'] }, { path: ['activityTtl'] }],
    })
  })

  test('JSON that is cut off', async () => {
    const { status, body } = await server.api('POST', '/v2/interact', '{"ttl": 60')
    expect(status).toBe(400)
    expect(body).toMatchObject({
      code: 'BAD_REQUEST_INVALID_JSON',
      error: 'Bad request, malformed JSON',
    })
  })

  test('a body that is too large', async () => {
    const { status, body } = await server.api('POST', '/v2/interact', {
      origin: 'x'.repeat(3_000_000),
    })
    expect(status).toBe(413)
    expect(body).toEqual({ success: false, error: 'Request body is too large' })
  })

  test('a body that is not JSON', async () => {
    const headers = { 'content-type': 'text/plain' }
    const { status } = await server.api('POST', '/v2/interact', 'ttl=60', { headers })
    expect(status).toBe(415)
  })

  test('an address that there is not', async () => {
    const { status, body } = await server.api('GET', '/v2/elsewhere?secret=1')
    expect(status).toBe(404)
    expect(body).toEqual({ success: false, error: 'There is no GET /v2/elsewhere in this API.' })
  })

  test('what this server does not do yet is said, not ignored', async () => {
    const { id } = await server.createSession()
    const execute = `/v2/interact/${id}/execute`
    const { status } = await server.api('POST', execute, { prompt: 'Click the button' })
    expect(status).toBe(503)
    await server.api('DELETE', `/v2/interact/${id}`)
  })
})

describe('the life of a session', () => {
  test('is made, listed, described, ended, and known for ever', async () => {
    const before = Date.now()
    const created = await server.api('POST', '/v2/interact', {
      ttl: 60,
      origin: 'test@1',
      extra: 1,
    })
    expect(created.status).toBe(200)
    const { id, cdpUrl, expiresAt } = created.body as Record<string, string>
    const liveUrl = /^http:\/\/127\.0\.0\.1:\d+\/live\/[0-9a-f-]{36}#[\w-]{43}$/
    expect(created.body).toEqual({
      success: true,
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      cdpUrl: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/cdp\/[^?]+\?token=[\w-]{43}$/),
      liveViewUrl: expect.stringMatching(liveUrl),
      interactiveLiveViewUrl: expect.stringMatching(liveUrl),
      expiresAt: expect.any(String),
    })
    expect(Date.parse(expiresAt as string) - before).toBeGreaterThan(58_000)
    expect(Date.parse(expiresAt as string) - Date.now()).toBeLessThanOrEqual(60_000)

    const living = await server.api('GET', `/v2/browser/${id}`)
    expect(living.body).toMatchObject({ success: true, id, status: 'active', cdpUrl, expiresAt })
    const { body: active } = await server.api<{ sessions: { id: string }[] }>(
      'GET',
      '/v2/interact?status=active',
    )
    expect(active.sessions.map((session) => session.id)).toContain(id)

    const ended = await server.api('DELETE', `/v2/interact/${id}`)
    expect(ended).toMatchObject({ status: 200, body: { success: true, creditsBilled: 2 } })
    expect(Number.isInteger(ended.body['sessionDurationMs'])).toBe(true)
    // Both names, and again: the same answer.
    expect((await server.api('DELETE', `/v2/browser/${id}`)).body).toEqual(ended.body)

    expect(await server.api('POST', `/v2/interact/${id}/execute`, { code: '1' })).toMatchObject({
      status: 410,
      body: {
        success: false,
        error: 'Browser session has been destroyed.',
        details: { endReason: 'released' },
      },
    })
    const described = await server.api('GET', `/v2/interact/${id}`)
    expect(described.body).toMatchObject({
      status: 'destroyed',
      endReason: 'released',
      cdpUrl: '',
      sessionDurationMs: ended.body['sessionDurationMs'],
    })
  })

  test('lists the newest first', async () => {
    const first = await server.createSession()
    const second = await server.createSession()
    const { body } = await server.api<{ sessions: { id: string }[] }>('GET', '/v2/browser')
    expect(body.sessions.slice(0, 2).map(({ id }) => id)).toEqual([second.id, first.id])
    await Promise.all([first, second].map(({ id }) => server.api('DELETE', `/v2/interact/${id}`)))
  })

  test('a session that never was is not found, whatever its id looks like', async () => {
    for (const id of [unknownId, 'session', '../../etc', '%00']) {
      const path = `/v2/interact/${encodeURIComponent(id)}`
      const answers = await Promise.all([
        server.api('GET', path),
        server.api('DELETE', path),
        server.api('POST', `${path}/execute`, { code: '1' }),
      ])
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
    }
  })

  test('another key sees nothing of it and can do nothing to it', async () => {
    const { id } = await server.createSession()
    const other = { key: TestServer.keys[1] }
    const answers = await Promise.all([
      server.api('GET', `/v2/interact/${id}`, undefined, other),
      server.api('DELETE', `/v2/interact/${id}`, undefined, other),
      server.api('POST', `/v2/interact/${id}/execute`, { code: '1' }, other),
    ])
    expect(answers.map(({ status, body }) => [status, body['error']])).toEqual(
      Array.from({ length: 3 }, () => [403, 'Forbidden.']),
    )
    expect((await server.api('GET', '/v2/interact', undefined, other)).body).toEqual({
      success: true,
      sessions: [],
    })
    expect((await server.api('GET', `/v2/interact/${id}`)).body).toMatchObject({ status: 'active' })
    await server.api('DELETE', `/v2/interact/${id}`)
  })

  test('is made once for one Idempotency-Key, however often it is asked for', async () => {
    const create = (idempotencyKey: string, body: object = {}, key?: string) =>
      server.api('POST', '/v2/interact', body, {
        headers: { 'idempotency-key': idempotencyKey },
        ...(key === undefined ? {} : { key }),
      })
    const [first, second] = await Promise.all([create('once'), create('once')])
    expect(first.status).toBe(200)
    expect(second.body).toEqual(first.body)
    expect((await create('once')).body).toEqual(first.body)
    expect((await create('once', { ttl: 60 })).status).toBe(400)
    expect((await create('x'.repeat(256))).status).toBe(400)
    const foreign = await create('once', {}, TestServer.keys[1])
    expect(foreign.body['id']).not.toBe(first.body['id'])
    await server.api('DELETE', `/v2/interact/${String(first.body['id'])}`)
    await server.api('DELETE', `/v2/interact/${String(foreign.body['id'])}`, undefined, {
      key: TestServer.keys[1],
    })
  })

  test('a create that failed may be tried again with the same Idempotency-Key', async () => {
    const sessions = await Promise.all([1, 2, 3, 4].map(() => server.createSession()))
    const call = { headers: { 'idempotency-key': 'again' } }
    expect((await server.api('POST', '/v2/interact', {}, call)).status).toBe(429)
    await server.api('DELETE', `/v2/interact/${sessions[0]?.id}`)
    const answer = await server.api('POST', '/v2/interact', {}, call)
    expect(answer.status).toBe(200)
    const ids = [...sessions.slice(1).map(({ id }) => id), String(answer.body['id'])]
    await Promise.all(ids.map((id) => server.api('DELETE', `/v2/interact/${id}`)))
  })

  test('there are at most as many as the server may have, and room again after one has ended', async () => {
    const sessions = await Promise.all([1, 2, 3, 4].map(() => server.createSession()))
    const refused = await server.api('POST', '/v2/interact')
    expect(refused.status).toBe(429)
    expect(refused.body['error']).toMatch(
      /^You have reached the maximum number of concurrent jobs \(4\)\./,
    )
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    await server.api('DELETE', `/v2/interact/${sessions[0]?.id}`)
    const { id } = await server.createSession()
    const rest = [...sessions.slice(1).map((session) => session.id), id]
    await Promise.all(rest.map((session) => server.api('DELETE', `/v2/interact/${session}`)))
  })
})
