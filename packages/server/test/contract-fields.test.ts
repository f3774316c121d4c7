import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeApi } from '../src/http/openapi/document.ts'
import type { JsonSchema } from '../src/http/openapi/schema-catalog.ts'
import { lifetimeLimits } from '../src/sessions/lifetime.ts'
import { PageServer } from './page-server.ts'
import { type Samples, samplesOf } from './support/contract-samples.ts'
import { Operator } from './support/operator.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let operator: Operator

beforeAll(async () => {
  server = await TestServer.start()
  operator = await Operator.of(server)
  // Whatever is taken goes no further: there is no place for a session, and none of such an id.
  const own = Operator.idOf(TestServer.keys[0])
  await operator.limits.change(own, { sessions: 0, requestsPerMinute: undefined })
})

afterAll(async () => {
  await operator[Symbol.asyncDispose]()
  await server.close()
})

const { schemas } = describeApi(undefined).components
const unknownId = '01890000-0000-7000-8000-000000000000'

interface Body {
  schema: string
  /** Under all of their names. */
  paths: readonly string[]
  /** What is there beside the field. */
  beside: Readonly<Record<string, unknown>>
  /** What a body is answered with that is right. */
  taken: number
}

const bodies: readonly Body[] = [
  {
    ...{ schema: 'CreateSessionRequest', paths: ['/v2/interact', '/v2/browser'] },
    ...{ beside: {}, taken: 429 },
  },
  {
    schema: 'ExecuteRequest',
    paths: [`/v2/interact/${unknownId}/execute`, `/v2/browser/${unknownId}/execute`],
    ...{ beside: { code: '1' }, taken: 404 },
  },
  {
    ...{ schema: 'InteractRequest', paths: [`/v2/scrape/${unknownId}/interact`] },
    ...{ beside: { code: '1' }, taken: 404 },
  },
  {
    ...{ schema: 'ScrapeRequest', paths: ['/v2/scrape'] },
    // The longest wait is half of the longest timeout.
    ...{ beside: { url: 'http://127.0.0.1:9/', timeout: 300_000 }, taken: 429 },
  },
]

const scrolls = (count: number) => Array.from({ length: count }, () => ({ type: 'scroll' }))

/** Actions that are right, and some that are wrong; JSON Schema does not say which fields exclude each other. */
const actions: Samples = {
  right: [
    { type: 'wait', milliseconds: 1 },
    { type: 'wait', milliseconds: 60_000 },
    { type: 'wait', selector: 'p' },
    { type: 'click', selector: 'a'.repeat(1_000), all: true },
    { type: 'write', text: '' },
    { type: 'write', text: 'x'.repeat(10_000) },
    ...['Enter', 'a', 'control+A', 'arrowdown'].map((key) => ({ type: 'press', key })),
    { type: 'scroll' },
    { type: 'scroll', direction: 'up', selector: 'p' },
    { type: 'screenshot', fullPage: true, quality: 1, viewport: { width: 7680, height: 4320 } },
    { type: 'scrape' },
    { type: 'executeJavascript', script: 'x'.repeat(100_000) },
    { type: 'pdf', format: 'A0', landscape: true, scale: 0.1 },
    { type: 'pdf', format: 'Ledger', scale: 2 },
  ],
  wrong: [
    ...[{ type: 'wait' }, { type: 'wait', milliseconds: 1, selector: 'p' }],
    ...[0, 1.5, 60_001, '1'].map((milliseconds) => ({ type: 'wait', milliseconds })),
    ...[
      { type: 'click' },
      { type: 'click', selector: '' },
      { type: 'click', selector: 'p', all: 1 },
    ],
    ...[{ type: 'write' }, { type: 'write', text: 'x'.repeat(10_001) }],
    ...[{ type: 'press' }, { type: 'press', key: 'Anykey' }, { type: 'press', key: '' }],
    ...[
      { type: 'scroll', direction: 'left' },
      { type: 'screenshot', quality: 101 },
    ],
    ...[
      { type: 'screenshot', viewport: { width: 1 } },
      { type: 'scrape', url: 'x' },
    ],
    ...[{ type: 'executeJavascript' }, { type: 'executeJavascript', script: '' }],
    ...[{ type: 'pdf', format: 'B5' }, { type: 'pdf', scale: 2.1 }, { type: 'hover' }, {}, 'wait'],
  ],
}

/** What zod checks and JSON Schema does not say. */
const special: Readonly<Record<string, Samples>> = {
  code: { right: ['1', 'x'.repeat(100_000)], wrong: ['', 'é'.repeat(50_001), 1, null] },
  profile: {
    right: [{ name: 'x' }, { name: 'x'.repeat(128), saveChanges: false }],
    wrong: [
      {},
      { name: '' },
      { name: 'x'.repeat(129) },
      { name: 1 },
      { name: 'x', saveChanges: 1 },
    ],
  },
  url: {
    right: ['http://127.0.0.1:9/', 'https://a.example/?b=c#d'],
    wrong: ['', 'a.example', 'file:///etc/passwd', 'javascript:1', 1, null],
  },
  location: {
    right: [{}, { country: 'at', languages: ['de-AT', 'en'], timezone: 'Europe/Vienna' }],
    wrong: [
      ...[{ country: 'ZZ' }, { languages: [] }, { languages: ['de_AT'] }, { city: 'Graz' }],
      ...[{ timezone: '+01:00' }, { timezone: 'Graz' }, 'at'],
    ],
  },
  actions: {
    right: [[], ...actions.right.map((each) => [each]), scrolls(50)],
    wrong: [...actions.wrong.map((each) => [each]), scrolls(51), {}, null],
  },
}

/** Of these a body has one, and so it is there instead. */
const instead = new Set(['code', 'prompt'])

const fields = bodies.flatMap((body) =>
  Object.entries(schemas[body.schema]?.properties ?? {}).map(
    ([name, schema]) => [body.schema, name, body, schema] as const,
  ),
)

test.each(fields)(
  'a field takes what is described, and nothing else: %s.%s',
  async (_schema, name, { paths, beside, taken }, schema) => {
    const { right, wrong } = special[name] ?? samplesOf(schema)
    expect(right.length).toBeGreaterThan(0)
    expect(wrong.length).toBeGreaterThan(0)
    const { code: _code, ...rest } = beside
    const others = instead.has(name) ? rest : beside
    for (const path of paths) {
      for (const value of right) {
        const { status } = await server.api('POST', path, { ...others, [name]: value })
        // A prompt goes as far as code does; an answer from a cache is refused for what it is.
        const expected = name === 'minAge' || (name === 'lockdown' && value === true) ? 404 : taken
        expect({ value, status }).toEqual({ value, status: expected })
      }
      for (const value of wrong) {
        const { status, body } = await server.api('POST', path, { ...others, [name]: value })
        expect({ value, status, body }).toMatchObject({
          ...{ value, status: 400 },
          body: { success: false, code: 'BAD_REQUEST', error: expect.stringMatching(/./) },
        })
        const [{ path: [first] } = { path: [] }] = body['details'] as { path: string[] }[]
        expect({ value, first }).toEqual({ value, first: name })
      }
    }
  },
)

test.each([
  [{ action: 'take' }, 404],
  [{ action: 'take', mode: 'wait', limit: 1, force: false }, 404],
  [{ action: 'take', mode: 'refuse', limit: 3600, force: true }, 404],
  [{ action: 'hand_back' }, 404],
  [{}, 400],
  [{ action: 'give' }, 400],
  [{ action: 'take', mode: 'ask' }, 400],
  [{ action: 'take', limit: 0.9 }, 400],
  [{ action: 'take', limit: 3601 }, 400],
  [{ action: 'take', force: 'yes' }, 400],
])('who drives is asked for in that form alone: %j: %i', async (body, status) => {
  for (const prefix of ['/v2/interact', '/v2/browser']) {
    const answer = await server.api('POST', `${prefix}/${unknownId}/control`, body)
    expect(answer.status).toBe(status)
  }
})

test.each(['active', 'destroyed', 'error', ''])('a list takes the status %j', async (status) => {
  for (const prefix of ['/v2/interact', '/v2/browser']) {
    const query = status === '' ? '' : `?status=${status}`
    const answer = await server.api('GET', prefix + query)
    expect(answer).toMatchObject({ status: 200, body: { success: true, sessions: [] } })
  }
})

describe('keys that nobody knows', () => {
  const ignored = bodies.filter(({ schema }) => schema !== 'ScrapeRequest')

  test.each(ignored.map((body) => [body.schema, body] as const))(
    'are ignored, also those that others know: %s',
    async (_schema, { paths, beside, taken }) => {
      const more = {
        ...{ colour: 'red', recordSession: true, ttlTotal: 1, zeroDataRetention: 'x' },
        ...{ __agentInterop: { auth: 'x' }, profile: undefined },
      }
      for (const path of paths) {
        expect((await server.api('POST', path, { ...beside, ...more })).status).toBe(taken)
      }
    },
  )

  test.each(['colour', 'useMock', '__experimental', 'Timeout'])(
    'are refused by a scrape: %s',
    async (name) => {
      const body = { url: 'http://127.0.0.1:9/', [name]: 1 }
      expect(await server.api('POST', '/v2/scrape', body)).toMatchObject({
        status: 400,
        body: {
          code: 'BAD_REQUEST',
          error: `Unrecognized key in body -- please review the v2 API documentation for request body changes (${name})`,
        },
      })
    },
  )
})

test.each([
  '12345678-1234-1234-8234-123456789abc',
  '12345678-1234-4234-8234-123456789abc',
  '12345678-1234-7234-8234-123456789ABC',
])('a UUID of any version is one: %s', async (jobId) => {
  const path = `/v2/scrape/${jobId}`
  const notFound = { status: 404, body: { error: 'Job not found.' } }
  expect(await server.api('GET', path)).toMatchObject(notFound)
  expect(await server.api('POST', `${path}/interact`, { code: '1' })).toMatchObject(notFound)
  expect(await server.api('DELETE', `${path}/interact`)).toMatchObject(notFound)
})

test.each([
  ['GET', `/v2/interact/${unknownId}/replay`],
  ['GET', `/v2/browser/${unknownId}/replay/0`],
  ['POST', '/v2/browser/webhook/destroyed'],
  ['POST', '/v2/local-browser'],
  ['POST', '/v2/crawl'],
])('what this server has not is said to be missing: %s %s', async (method, path) => {
  expect(await server.api(method, path, method === 'POST' ? {} : undefined)).toMatchObject({
    status: 404,
    body: { success: false, error: `There is no ${method} ${path} in this API.` },
  })
})

describe('what is left out', () => {
  let site: PageServer
  let roomy: TestServer

  beforeAll(async () => {
    ;[roomy, site] = await Promise.all([TestServer.start(), PageServer.start()])
    site.serve('/', '<title>Here</title><p>Text</p>')
  })

  afterAll(async () => {
    await roomy.close()
    await site.close()
  })

  const seconds = (later: unknown, earlier: unknown) =>
    (Date.parse(String(later)) - Date.parse(String(earlier))) / 1_000

  test.each(['/v2/interact', '/v2/browser'])(
    'is 600 seconds, a live view, and a profile that is saved: %s',
    async (prefix) => {
      const { body } = await roomy.api('POST', prefix, { profile: { name: 'left-out' } })
      const path = `${prefix}/${String(body['id'])}`
      const { body: session } = await roomy.api('GET', path)
      expect(seconds(session['expiresAt'], session['createdAt'])).toBeCloseTo(600, 0)
      expect(session).toMatchObject({ streamWebView: true, status: 'active' })
      for (const address of [body['liveViewUrl'], body['interactiveLiveViewUrl']]) {
        expect(address).toMatch(/^http:\/\/.+#.+/)
      }
      const second = await roomy.api('POST', prefix, { profile: { name: 'left-out' } })
      expect(second.status).toBe(409)
      // Node, which this is not the Python for.
      const run = await roomy.api('POST', `${path}/execute`, { code: 'typeof process' })
      expect(run.body).toMatchObject({ result: 'object' })
      await roomy.api('DELETE', path)
      await roomy.api('DELETE', '/v2/interact/profiles/left-out')
    },
  )

  test('is the same for the session of a scrape', async () => {
    const scraped = await roomy.api('POST', '/v2/scrape', { url: `${site.url}/` })
    const { metadata } = scraped.body['data'] as { metadata: { scrapeId: string } }
    const path = `/v2/scrape/${metadata.scrapeId}/interact`
    const { body } = await roomy.api('POST', path, { code: 'typeof process' })
    expect(body).toMatchObject({ success: true, result: 'object', stdout: '', stderr: '' })
    expect(body['liveViewUrl']).toMatch(/^http:\/\/.+#.+/)
    const { body: session } = await roomy.api('GET', `/v2/interact/${String(body['sessionId'])}`)
    expect(seconds(session['expiresAt'], session['createdAt'])).toBeCloseTo(600, 0)
    await roomy.api('DELETE', path)
  })

  // With `TANDEM_TEST_LONG=1`: it is half a minute.
  test.runIf(process.env['TANDEM_TEST_LONG'] === '1')(
    'is thirty seconds for code that does not end',
    async () => {
      const { id } = await roomy.createSession()
      const since = performance.now()
      const code = 'await new Promise(() => {})'
      const { body } = await roomy.api('POST', `/v2/interact/${id}/execute`, { code })
      expect(body).toMatchObject({ success: true, killed: true, exitCode: 124 })
      expect(performance.now() - since).toBeGreaterThan(29_900)
      await roomy.api('DELETE', `/v2/interact/${id}`)
    },
    60_000,
  )

  test('is 300 seconds without activity', () => {
    expect(lifetimeLimits({})).toEqual({ total: 600_000, idle: 300_000 })
  })

  test('no live view is one that nobody is told of', async () => {
    const { body } = await roomy.api('POST', '/v2/browser', { streamWebView: false, ttl: 3600 })
    expect(body).toMatchObject({ liveViewUrl: '', interactiveLiveViewUrl: '' })
    const { body: session } = await roomy.api('GET', `/v2/browser/${String(body['id'])}`)
    expect(session).toMatchObject({ streamWebView: false, liveViewUrl: '' })
    expect(seconds(session['expiresAt'], session['createdAt'])).toBeCloseTo(3600, 0)
    await roomy.api('DELETE', `/v2/interact/${String(body['id'])}`)
  })
})

test('every body of a call with a key is among these', () => {
  const document = describeApi(undefined)
  const named = Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/v2/'))
    .flatMap(([, methods]) => Object.values(methods))
    .flatMap(({ requestBody }) => Object.values(requestBody?.content ?? {}))
    .map(({ schema }) => String(schema['$ref']).split('/').at(-1))
  expect(new Set(named)).toEqual(new Set([...bodies.map(({ schema }) => schema), 'ControlRequest']))
  const request: JsonSchema | undefined = schemas['ScrapeRequest']
  expect(request?.['additionalProperties']).toBe(false)
})
