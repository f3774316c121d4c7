import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as core from '../src/index.ts'
import { failureOf } from './support/failure.ts'
import { executed, TestServer } from './support/server.ts'

const types = Object.fromEntries(Object.entries(core)) as Record<string, typeof core.TandemError>

const concurrency =
  'You have reached the maximum number of concurrent jobs (2). Please wait for existing jobs to complete or destroy browser sessions before creating new ones.'
const meanings: [number, string | object, string][] = [
  [400, 'Bad Request', 'ValidationError'],
  [413, 'Request body is too large', 'ValidationError'],
  [418, 'I am a teapot', 'ValidationError'],
  [401, 'Unauthorized: Invalid token', 'AuthenticationError'],
  [
    402,
    'Insufficient credits for a 600s browser session (requires ~20 credits).',
    'InsufficientCreditsError',
  ],
  [403, 'Forbidden.', 'ForbiddenError'],
  [404, 'Job not found.', 'NotFoundError'],
  [408, { error: 'Timed out', code: 'SCRAPE_TIMEOUT' }, 'TimeoutError'],
  [
    409,
    'Another session is currently writing to this profile. Only one writer is allowed at a time.',
    'ProfileLockedError',
  ],
  [
    409,
    'Replay context is unavailable for this scrape job. Please rerun the scrape.',
    'ReplayUnavailableError',
  ],
  [
    409,
    'Replay context is unavailable. Supply url or an existingSessionId to continue without retained scrape context.',
    'ReplayUnavailableError',
  ],
  [
    409,
    'Failed to initialize browser session from the original scrape context. Please rerun the scrape and try again.',
    'ReplayUnavailableError',
  ],
  [409, 'A person has control of this session.', 'ConflictError'],
  [409, 'Browser operation conflicts with the current session or profile state.', 'ConflictError'],
  [410, 'Browser session has been destroyed.', 'SessionDestroyedError'],
  [429, 'Rate limit exceeded. Consumed (req/min): 11, Remaining (req/min): 0.', 'RateLimitError'],
  [429, concurrency, 'ConcurrencyLimitError'],
  [
    429,
    { error: 'Daily budget used up.', reason: 'credits', retry_after_seconds: 3600 },
    'InsufficientCreditsError',
  ],
  [
    429,
    { error: 'Daily requests used up.', reason: 'requests', retry_after_seconds: 3600 },
    'RateLimitError',
  ],
  [500, 'Failed to persist browser session.', 'BrowserServiceError'],
  [
    501,
    'Scrape interact requires stored scrape context and is not available when database authentication is disabled.',
    'NotConfiguredError',
  ],
  [502, 'Failed to create browser session.', 'BrowserServiceError'],
  [
    503,
    'Browser feature is not configured (BROWSER_SERVICE_URL is missing).',
    'NotConfiguredError',
  ],
  [504, '', 'BrowserServiceError'],
]

test.each(meanings)('%i %j is a %s', async (status, said, name) => {
  const body: { success: boolean; error?: string } = {
    success: false,
    ...(typeof said === 'string' ? { error: said } : said),
  }
  await using server = await TestServer.start((exchange) =>
    exchange.json(status, body, { 'x-request-id': 'req-7' }),
  )
  const tandem = new core.Tandem({ baseUrl: server.url, maxRetries: 0 })
  const error = await failureOf(tandem.interact('a', { code: '1' }))
  expect(error).toMatchObject({ name, status, requestId: 'req-7', body })
  if (body.error) expect(error.message).toBe(body.error)
  expect(error).toBeInstanceOf(types[name])
  expect(types[name]?.isInstance(error)).toBe(true)
  expect(error.stack).toMatch(new RegExp(`^${name}: `))
  expect(JSON.parse(JSON.stringify(error))).toMatchObject({ name, message: error.message, status })
})

test('the details of a refused body are at hand', async () => {
  const details = [{ path: ['ttl'], message: 'Too small: expected number to be >=30' }]
  await using server = await TestServer.start((exchange) =>
    exchange.json(400, { success: false, code: 'BAD_REQUEST', error: 'Bad Request', details }),
  )
  const error = await failureOf(
    new core.Tandem({ baseUrl: server.url }).sessions.create({ ttl: 1 }),
  )
  expect(core.ValidationError.isInstance(error) && error.details).toEqual(details)
})

test('a 200 that says the call failed is an error', async () => {
  await using server = await TestServer.start((exchange) =>
    exchange.json(200, {
      success: false,
      code: 'SCRAPE_DNS_RESOLUTION_ERROR',
      error: 'DNS failed.',
    }),
  )
  const error = await failureOf(
    new core.Tandem({ baseUrl: server.url }).scrape('https://no.example'),
  )
  expect(error).toMatchObject({ name: 'BrowserServiceError', status: 200, message: 'DNS failed.' })
})

const page = `<html>\n<body>\n  <h1>502 Bad Gateway</h1>${'<p>filler</p>'.repeat(9000)}</body></html>`
const unreadable: [string, number, string, string][] = [
  [
    'an HTML page',
    502,
    page,
    'The server answered 502: <html> <body> <h1>502 Bad Gateway</h1><p>filler',
  ],
  ['an empty body', 500, '', 'The server answered 500.'],
  ['JSON that is cut', 500, '{"success":fal', 'The server answered 500: {"success":fal'],
  [
    'an HTML page with 200',
    200,
    page,
    'The server answered 200 with no JSON object: <html> <body>',
  ],
  [
    'malformed JSON with 200',
    200,
    '{"success":true,"id":',
    'The server answered 200 with no JSON object: {"success":true,"id":',
  ],
  ['an empty body with 200', 200, '', 'The server answered 200 with an empty body.'],
  ['JSON that is no object', 200, '"ok"', 'The server answered 200 with no JSON object: "ok"'],
  ['null', 200, 'null', 'The server answered 200 with no JSON object: null'],
  [
    'an object of another API',
    200,
    '{"hello":1}',
    "The answer has no 'id'. Is this an Interact API v2 server?",
  ],
]
test.each(unreadable)('%s becomes a sentence', async (_, status, body, message) => {
  await using server = await TestServer.start((exchange) => exchange.text(status, body))
  const error = await failureOf(
    new core.Tandem({ baseUrl: server.url, maxRetries: 0 }).sessions.create(),
  )
  expect(error.name).toBe('BrowserServiceError')
  expect(error.message.slice(0, message.length)).toBe(message)
  expect(error.message.length).toBeLessThan(400)
})

test('a status is kept when the body that explains it breaks off', async () => {
  await using server = await TestServer.start(({ response, reset }) => {
    response.writeHead(402, { 'content-length': 500 })
    response.write('{"success":false,', reset)
  })
  const error = await failureOf(new core.Tandem({ baseUrl: server.url }).sessions.create())
  expect(error).toMatchObject({ name: 'InsufficientCreditsError', status: 402 })
  expect(core.ConnectionError.isInstance(error.cause)).toBe(true)
})

test('a redirect is not followed', async () => {
  await using other = await TestServer.start((exchange) => exchange.json(200, executed))
  for (const status of [301, 302, 307, 308]) {
    await using server = await TestServer.start((exchange) =>
      exchange.text(status, 'Moved', { location: `${other.url}/v2` }),
    )
    const error = await failureOf(
      new core.Tandem({ baseUrl: server.url }).sessions.execute('a', { code: '1' }),
    )
    expect(error).toMatchObject({ name: 'ConnectionError', status })
    expect(error.message).toContain(`The server redirects to ${other.url}/v2.`)
  }
  expect(other.requests).toHaveLength(0)
})

test('isInstance knows the errors of another copy, and their kinds', async () => {
  const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url))
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  })
  const source = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64')
  const copy = (await import(
    /* @vite-ignore */ `data:text/javascript;base64,${source}`
  )) as typeof core

  const error = new copy.ProfileLockedError('Locked.', { status: 409 })
  expect(error).not.toBeInstanceOf(core.ProfileLockedError)
  expect(error.name).toBe('ProfileLockedError')
  expect(core.ProfileLockedError.isInstance(error)).toBe(true)
  expect(core.ConflictError.isInstance(error)).toBe(true)
  expect(core.TandemError.isInstance(error)).toBe(true)
  expect(core.ReplayUnavailableError.isInstance(error)).toBe(false)
  expect(copy.ConflictError.isInstance(new core.ProfileLockedError('Locked.'))).toBe(true)
  for (const other of [
    new Error('x'),
    new DOMException('x', 'AbortError'),
    { name: 'TandemError' },
    null,
    undefined,
    'text',
  ]) {
    expect(core.TandemError.isInstance(other)).toBe(false)
  }
})
