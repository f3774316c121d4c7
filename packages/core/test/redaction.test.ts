import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { redact, Tandem, type TandemError } from '../src/index.ts'
import { failureOf } from './support/failure.ts'
import { created, executed, TestServer } from './support/server.ts'

const apiKey = 'an-unusual-key-0123456789'
const headers = { 'x-proxy-auth': 'ProxyPassword99' }
const bound = {
  ...executed,
  sessionId: 'x',
  cdpUrl: 'wss://cdp-proxy.firecrawl.dev/cdp/BareCapability',
  liveViewUrl: 'https://liveview.firecrawl.dev/ViewCapability',
  interactiveLiveViewUrl: 'https://any.example/OpaqueCapability',
}
const secrets = [
  apiKey,
  ...Object.values(headers),
  ...[
    'CdpCapability',
    'LiveCapability',
    'ControlCapability',
    'BareCapability',
    'ViewCapability',
    'OpaqueCapability',
  ],
]

/** Everything that the usual ways of printing a value show of it. */
function printed(value: unknown): string {
  const seen: string[] = []
  const print = (each: unknown) => {
    seen.push(
      inspect(each),
      inspect(each, { depth: Infinity, showHidden: true, getters: true }),
      JSON.stringify(each) ?? '',
      String(each),
      inspect({ ...(each as object) }, { depth: Infinity }),
      Object.entries(each as object).join(),
    )
    if (each instanceof Error) {
      seen.push(
        each.message,
        each.stack ?? '',
        inspect((each as TandemError).body, { depth: Infinity }),
      )
      if (each.cause !== undefined) print(each.cause)
    }
  }
  print(value)
  return seen.join('\n')
}

function expectSafe(value: unknown): void {
  const text = printed(value)
  for (const secret of secrets) expect(text).not.toContain(secret)
}

test('sessions, executions and clients can be printed', async () => {
  await using server = await TestServer.start(({ url, method, json }) => {
    if (url.includes('scrape')) json(200, bound)
    else
      json(
        200,
        method === 'GET'
          ? { success: true, sessions: [created, { ...created, ...bound }] }
          : { ...executed, ...created },
      )
  })
  const tandem = new Tandem({ baseUrl: server.url, apiKey, headers })
  const session = await tandem.sessions.create()
  const interaction = await tandem.interact('s', { code: '1' })
  const sessions = await tandem.sessions.list()
  const [event] = await Array.fromAsync(tandem.streamInteraction('s', { code: '1' }))
  for (const value of [tandem, tandem.sessions, session, interaction, sessions, event])
    expectSafe(value)

  expect(session.cdpUrl).toBe(created.cdpUrl)
  expect(interaction.interactiveLiveViewUrl).toBe(bound.interactiveLiveViewUrl)
  expect(inspect(session)).toContain(created.id)
  expect(JSON.parse(JSON.stringify(session))).toEqual({
    id: created.id,
    status: 'active',
    expiresAt: created.expiresAt,
  })
})

const said = `Bearer ${apiKey} may not use ${created.cdpUrl}, ${created.liveViewUrl} or "${created.interactiveLiveViewUrl}".`
const body = {
  success: false,
  error: said,
  details: [
    { sent: { authorization: apiKey, proxy: headers['x-proxy-auth'] } },
    { ...created, ...bound },
  ],
}
const answers: [string, number, string][] = [
  ['an error that repeats everything', 403, JSON.stringify(body)],
  ['an error page that does', 502, `<html>${JSON.stringify(body)}</html>`],
  ['JSON that is cut after the URLs', 200, JSON.stringify({ ...created, ...bound }).slice(0, -1)],
  ['an answer of another shape', 200, JSON.stringify({ session: { ...created, ...bound } })],
  ['a failed call with 200', 200, JSON.stringify(body)],
]
test.each(answers)('%s does not leak', async (_, status, text) => {
  await using server = await TestServer.start((exchange) => exchange.text(status, text))
  const tandem = new Tandem({ baseUrl: server.url, apiKey, headers, maxRetries: 0 })
  const error = await failureOf(tandem.sessions.create())
  expectSafe(error)
  if (status === 403) {
    expect(error.message).toContain('may not use ws://127.0.0.1:9/[redacted]')
    expect(error.body).toMatchObject({ details: [{}, { cdpUrl: '[redacted]', id: created.id }] })
  }
})

test.each([
  ['a broken stream', `event: stdout\ndata: ${JSON.stringify(body).slice(0, -1)}\n\n`],
  ['an error in a stream', `event: error\ndata: ${JSON.stringify({ ...body, status: 409 })}\n\n`],
])('%s does not leak', async (_, bytes) => {
  await using server = await TestServer.start(({ events }) => void events().end(bytes))
  const tandem = new Tandem({ baseUrl: server.url, apiKey, headers })
  expectSafe(await failureOf(Array.fromAsync(tandem.sessions.stream('a', { code: '1' }))))
})

test('a redirect to a capability URL does not leak', async () => {
  await using server = await TestServer.start((exchange) =>
    exchange.text(302, '', { location: created.cdpUrl }),
  )
  expectSafe(await failureOf(new Tandem({ baseUrl: server.url, apiKey }).sessions.list()))
})

test('what a custom fetch throws does not leak', async () => {
  const request = { url: created.cdpUrl, headers: { authorization: `Bearer ${apiKey}` } }
  const cause = Object.assign(new Error(`socket of ${created.liveViewUrl}`), {
    request,
    code: apiKey,
  })
  const thrown = Object.assign(new TypeError(`failed with ${apiKey}`, { cause }), { request })
  for (const reason of [
    thrown,
    new AggregateError([thrown]),
    `text with ${apiKey}`,
    request,
    undefined,
    null,
  ]) {
    const fetch = async () => {
      // oxlint-disable-next-line typescript/only-throw-error -- a fetch may throw anything
      throw reason
    }
    const error = await failureOf(new Tandem({ fetch, apiKey, maxRetries: 0 }).sessions.list())
    expect(error.name).toBe('ConnectionError')
    expectSafe(error)
  }
})

test('a key that no header can carry is not repeated', async () => {
  const error = await failureOf(new Tandem({ apiKey: `${apiKey}\n${apiKey}` }).sessions.list())
  expect(error.name).toBe('ValidationError')
  expectSafe(error)
})

test.each([
  ['fc-0123456789abcdef and td-Zx_9-secret', 'fc-[redacted] and td-[redacted]'],
  ['Authorization: Bearer eyJhbGciOi.x-y_z~+/=', 'Authorization: Bearer [redacted]'],
  ['see ws://127.0.0.1:3210/cdp/1?token=abc.', 'see ws://127.0.0.1:3210/[redacted]'],
  ['"wss://browser.firecrawl.dev/cdp/1"', '"wss://browser.firecrawl.dev/[redacted]"'],
  [
    '<a href="https://liveview.firecrawl.dev/1?interactive=true">',
    '<a href="https://liveview.firecrawl.dev/[redacted]">',
  ],
  ['http://h:1/live/1#token=abc', 'http://h:1/[redacted]'],
  ['https://h/w?a=b#control=abc', 'https://h/[redacted]'],
  ['https://user:pass@host/path', 'https://host/[redacted]'],
  ['https://h/x?a=1&token=abc&b=2', 'https://h/x?a=1&token=[redacted]&b=2'],
  ['/cdp/1?token=abc', '/cdp/1?token=[redacted]'],
  [
    'https://app/?to=wss%3A%2F%2Fh%2Fcdp%2F1%3Ftoken%3Dabc',
    'https://app/?to=wss%3A%2F%2Fh%2Fcdp%2F1%3Ftoken%3D[redacted]',
  ],
  ['{"liveViewUrl":"https://any.example/1",', '{"liveViewUrl":"[redacted]",'],
  [
    'The page https://shop.example/cart?id=7 was not found.',
    'The page https://shop.example/cart?id=7 was not found.',
  ],
  ['', ''],
])('redact(%j)', (text, expected) => {
  expect(redact(text)).toBe(expected)
})

test('redact removes further secrets as they are, and copes with long text', () => {
  expect(redact('pin 1234', ['1234'])).toBe('pin [redacted]')
  const start = performance.now()
  redact(`${'https://a/'.repeat(100_000)}${'fc-'.repeat(100_000)}${'token='.repeat(100_000)}`)
  // Time that grows with the square of the length would be minutes.
  expect(performance.now() - start).toBeLessThan(10_000)
})
