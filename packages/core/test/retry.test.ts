import { expect, test } from 'vitest'
import { Tandem } from '../src/index.ts'
import { failureOf } from './support/failure.ts'
import {
  closedPort,
  created,
  deleted,
  executed,
  TestServer,
  type Exchange,
  type Handler,
} from './support/server.ts'

/** Waiting as little as the rules allow. */
const soon = { 'retry-after-ms': '1' }
const failed = (error: string) => ({ success: false, error })

const executions: [string, (tandem: Tandem) => Promise<unknown>][] = [
  ['execute', (tandem) => tandem.sessions.execute('a', { code: 'buy()' })],
  ['prompt', (tandem) => tandem.sessions.execute('a', { prompt: 'Buy it' })],
  ['stream', (tandem) => Array.fromAsync(tandem.sessions.stream('a', { code: 'buy()' }))],
  ['interact', (tandem) => tandem.interact('a', { code: 'buy()' })],
  ['streamInteraction', (tandem) => Array.fromAsync(tandem.streamInteraction('a', { code: '1' }))],
  ['scrape', (tandem) => tandem.scrape('https://a.example')],
]
const repeatables: [string, (tandem: Tandem) => Promise<unknown>][] = [
  ['create', (tandem) => tandem.sessions.create()],
  ['get', (tandem) => tandem.sessions.get('a')],
  ['list', (tandem) => tandem.sessions.list()],
  ['delete', (tandem) => tandem.sessions.delete('a')],
  ['stopInteraction', (tandem) => tandem.stopInteraction('a')],
  [
    'execute with a key',
    (tandem) => tandem.sessions.execute('a', { code: 'buy()', idempotencyKey: 'k' }),
  ],
  ['interact with a key', (tandem) => tandem.interact('a', { code: 'buy()', idempotencyKey: 'k' })],
  ['scrape with a key', (tandem) => tandem.scrape('https://a.example', { idempotencyKey: 'k' })],
]

/** An answer that every call understands. */
const anything = { ...created, ...executed, ...deleted, sessions: [], data: { metadata: {} } }

/** Does the work, counts it, and then answers as told. */
function working(then: (exchange: Exchange) => void): { done: number; handler: Handler } {
  const work = {
    done: 0,
    handler: (exchange: Exchange) => {
      work.done++
      then(exchange)
    },
  }
  return work
}

const uncertain: [string, string, (exchange: Exchange) => void][] = [
  ['a 502', 'BrowserServiceError', (exchange) => exchange.json(502, failed('Bad gateway.'), soon)],
  ['a 500', 'BrowserServiceError', (exchange) => exchange.json(500, failed('Oops.'), soon)],
  [
    'a 504 page of a proxy',
    'BrowserServiceError',
    (exchange) => exchange.text(504, '<h1>504</h1>', soon),
  ],
  [
    'a bare 503 of a proxy',
    'BrowserServiceError',
    (exchange) => exchange.text(503, 'upstream reset'),
  ],
  ['a reset instead of an answer', 'ConnectionError', (exchange) => exchange.reset()],
  [
    'a reset in the middle of the answer',
    'ConnectionError',
    (exchange) => {
      exchange.response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': 999,
      })
      exchange.response.write('{"success":true,', () => exchange.reset())
    },
  ],
]

for (const [name, call] of executions) {
  test.each(uncertain)(`${name} is not repeated after %s`, async (_, expected, then) => {
    const work = working(then)
    await using server = await TestServer.start(work.handler)
    const error = await failureOf(call(new Tandem({ baseUrl: server.url, maxRetries: 5 })))
    expect(error.name).toBe(expected)
    expect(work.done).toBe(1)
  })

  test(`${name} is repeated after 429 and the server's own 503`, async () => {
    await using server = await TestServer.start((exchange, index) => {
      if (index === 0) exchange.json(429, failed('Rate limit exceeded.'), soon)
      else if (index === 1) exchange.json(503, failed('The server is starting.'), soon)
      else exchange.json(200, anything)
    })
    await call(new Tandem({ baseUrl: server.url }))
    expect(server.requests).toHaveLength(3)
    expect(server.request(2).body).toEqual(server.request(0).body)
  })

  test(`${name} is repeated when nothing listened`, async () => {
    const port = await closedPort()
    let server: TestServer | undefined
    const startLate: typeof fetch = async (...parameters) => {
      try {
        return await fetch(...parameters)
      } catch (error) {
        server ??= await TestServer.start((exchange) => exchange.json(200, anything), port)
        throw error
      }
    }
    await call(new Tandem({ baseUrl: `http://127.0.0.1:${port}`, fetch: startLate }))
    await using listening = server
    expect(listening?.requests).toHaveLength(1)
  })
}

for (const [name, call] of repeatables) {
  // Most of the time they wait.
  test.concurrent.each(uncertain)(`${name} is repeated after %s`, async (_, __, then) => {
    await using server = await TestServer.start((exchange, index) =>
      index === 0 ? then(exchange) : exchange.json(200, anything),
    )
    await call(new Tandem({ baseUrl: server.url }))
    expect(server.requests).toHaveLength(2)
    const [first, second] = server.requests.map(({ headers }) => headers['idempotency-key'])
    expect(second).toBe(first)
    if (server.request().method === 'POST') expect(first).toBeTruthy()
  })
}

test('each create has a key of its own', async () => {
  await using server = await TestServer.start((exchange) => exchange.json(200, created))
  const { sessions } = new Tandem({ baseUrl: server.url })
  await Promise.all([
    sessions.create(),
    sessions.create(),
    sessions.create({ idempotencyKey: 'mine' }),
  ])
  const keys = server.requests.map(({ headers }) => headers['idempotency-key'])
  expect(new Set(keys).size).toBe(3)
  expect(keys).toContain('mine')
})

test.each([400, 401, 402, 403, 404, 409, 410, 422, 501])('a %i is not repeated', async (status) => {
  await using server = await TestServer.start((exchange) =>
    exchange.json(status, failed('No.'), soon),
  )
  const error = await failureOf(new Tandem({ baseUrl: server.url }).sessions.list())
  expect(error.status).toBe(status)
  expect(server.requests).toHaveLength(1)
})

test('a server that says it is not configured is not asked again', async () => {
  const sentence = 'Browser feature is not configured (BROWSER_SERVICE_URL is missing).'
  await using server = await TestServer.start((exchange) => exchange.json(503, failed(sentence)))
  const error = await failureOf(new Tandem({ baseUrl: server.url }).sessions.create())
  expect([error.name, error.message]).toEqual(['NotConfiguredError', sentence])
  expect(server.requests).toHaveLength(1)
})

test('maxRetries bounds the tries', async () => {
  await using server = await TestServer.start((exchange) => exchange.json(500, failed('No.'), soon))
  const list = (maxRetries?: number) =>
    failureOf(new Tandem({ baseUrl: server.url, maxRetries }).sessions.list())
  await list(0)
  expect(server.requests).toHaveLength(1)
  await list()
  expect(server.requests).toHaveLength(1 + 3)
})

test('a refused connection says where nothing listens, and why', async () => {
  const port = await closedPort()
  const error = await failureOf(
    new Tandem({ baseUrl: `http://127.0.0.1:${port}`, maxRetries: 0 }).sessions.list(),
  )
  expect(error.name).toBe('ConnectionError')
  expect(error.message).toBe(
    `Could not connect to http://127.0.0.1:${port} (connect ECONNREFUSED 127.0.0.1:${port}). Is the server running there?`,
  )
  expect((error.cause as Error).cause).toMatchObject({ code: 'ECONNREFUSED' })
})

test('without Retry-After the waits grow', async () => {
  const times: number[] = []
  await using server = await TestServer.start((exchange) => {
    times.push(performance.now())
    exchange.json(500, failed('No.'))
  })
  const list = () => failureOf(new Tandem({ baseUrl: server.url }).sessions.list())
  await Promise.all([list(), list(), list()])
  expect(times).toHaveLength(9)
  const [start = 0, , , , , , , , end = 0] = times
  // 0.25 to 0.5 s, then 0.5 to 1 s.
  expect(end - start).toBeGreaterThan(740)
})

/** The server's clock, so that the dates need no waiting and no real time. */
const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
const forms: [string, Record<string, string>, number | undefined][] = [
  ['seconds', { 'retry-after': '7' }, 7000],
  ['no wait', { 'retry-after': '0' }, 0],
  ['the preferred date', { date, 'retry-after': 'Sun, 06 Nov 1994 08:49:39 GMT' }, 2000],
  ['the date of RFC 850', { date, 'retry-after': 'Sunday, 06-Nov-94 08:49:40 GMT' }, 3000],
  ['the date of asctime()', { date, 'retry-after': 'Sun Nov  6 08:49:41 1994' }, 4000],
  ['a date that has passed', { date, 'retry-after': 'Sun, 06 Nov 1994 08:00:00 GMT' }, 0],
  ['milliseconds', { 'retry-after-ms': '12.5', 'retry-after': '60' }, 12.5],
  ['a loose date', { date, 'retry-after': '1994-11-06T08:49:39Z' }, undefined],
  ['another time zone', { date, 'retry-after': 'Sun, 06 Nov 1994 08:49:39 PST' }, undefined],
  ['a negative number', { 'retry-after': '-5' }, undefined],
  ['a fraction', { 'retry-after': '1.5' }, undefined],
  ['a year of seconds', { 'retry-after': '31536000' }, undefined],
  ['a number beyond all', { 'retry-after': '9'.repeat(400) }, undefined],
  ['words', { 'retry-after': 'later' }, undefined],
  ['nothing', {}, undefined],
]
test.each(forms)('Retry-After as %s', async (_, headers, expected) => {
  await using server = await TestServer.start((exchange) =>
    exchange.json(429, failed('Rate limit exceeded.'), headers),
  )
  const error = await failureOf(new Tandem({ baseUrl: server.url, maxRetries: 0 }).sessions.list())
  expect([error.name, error.retryAfter]).toEqual(['RateLimitError', expected])
})

test('an HTTP date without a Date header counts from our own clock', async () => {
  await using server = await TestServer.start((exchange) => {
    exchange.response.sendDate = false
    exchange.json(429, failed('Slow down.'), {
      'retry-after': new Date(Date.now() + 60_000).toUTCString(),
    })
  })
  const error = await failureOf(new Tandem({ baseUrl: server.url, maxRetries: 0 }).sessions.list())
  expect(error.retryAfter).toBeGreaterThan(50_000)
  expect(error.retryAfter).toBeLessThanOrEqual(60_000)
})

test.each([
  ['in its text', failed('Rate limit exceeded. Please retry after 12s, resets at X')],
  ['in a field', { ...failed('No more today.'), reason: 'requests', retry_after_seconds: 12 }],
])('a wait that the server gives %s', async (_, body) => {
  await using server = await TestServer.start((exchange) => exchange.json(429, body))
  const error = await failureOf(new Tandem({ baseUrl: server.url, maxRetries: 0 }).sessions.list())
  expect([error.name, error.retryAfter]).toEqual(['RateLimitError', 12_000])
})

test('a wait is kept to', async () => {
  const times: number[] = []
  await using server = await TestServer.start((exchange, index) => {
    times.push(performance.now())
    if (index === 0) exchange.json(429, failed('Slow down.'), { 'retry-after': '1' })
    else exchange.json(200, deleted)
  })
  await new Tandem({ baseUrl: server.url }).sessions.delete('a')
  const [first = 0, second = 0] = times
  expect(second - first).toBeGreaterThanOrEqual(990)
})

test('a wait beyond the deadline is not begun', async () => {
  await using server = await TestServer.start((exchange) =>
    exchange.json(429, failed('Maximum number of concurrent jobs (2).'), { 'retry-after': '3600' }),
  )
  const error = await failureOf(new Tandem({ baseUrl: server.url }).sessions.create())
  expect([error.name, error.retryAfter]).toEqual(['ConcurrencyLimitError', 3_600_000])
  expect(server.requests).toHaveLength(1)
})
