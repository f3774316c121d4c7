import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Validator } from '@seriousme/openapi-schema-validator'
import type { FastifyInstance } from 'fastify'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findEngine } from '../src/index.ts'
import type { DescribedOperation, OpenApiDocument } from '../src/http/openapi/document.ts'
import type { JsonSchema } from '../src/http/openapi/schema-catalog.ts'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let document: OpenApiDocument
/** What Fastify was given, such as `GET /v2/interact/{sessionId}`. */
const routes = new Set<string>()

beforeAll(async () => {
  subscribe('fastify.initialization', collectRoutes)
  server = await TestServer.start({ maxSessions: 1 })
  unsubscribe('fastify.initialization', collectRoutes)
  const answer = await server.api<OpenApiDocument>('GET', '/openapi.json', undefined, { key: '' })
  document = answer.body
})

afterAll(() => server.close())

function collectRoutes(message: unknown): void {
  const { fastify } = message as { fastify: FastifyInstance }
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) {
      routes.add(`${each} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
    }
  })
}

/** Routes that are part of others, or of HTTP. */
const undescribed = [
  // Fastify answers HEAD wherever it answers GET, and CORS asks with OPTIONS.
  /^(HEAD|OPTIONS) /,
  // The files of the page at /live/{sessionId}.
  /^GET \/live\/page\//,
  // Says that a name is missing.
  /^DELETE \/v2\/(interact|browser)\/profiles$/,
]

function operations(): [name: string, DescribedOperation][] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, DescribedOperation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  )
}

test('is valid OpenAPI 3.1', async () => {
  expect(document.openapi).toMatch(/^3\.1\./)
  const result = await new Validator().validate({ ...document })
  expect(result).toMatchObject({ valid: true })
})

test('each reference has what it refers to', () => {
  const text = JSON.stringify(document)
  const references = new Set(text.match(/(?<="\$ref":")[^"]+/g))
  expect(references.size).toBeGreaterThan(50)
  const dangling = [...references].filter((reference) => {
    const keys = reference.slice('#/'.length).split('/')
    const at = (place: unknown, key: string) => (place as Record<string, unknown>)[key]
    return keys.reduce<unknown>(at, document) === undefined
  })
  expect(dangling).toEqual([])
})

test('has every route of the server, and no other', () => {
  const described = operations()
    .filter(([, operation]) => !operation['x-web-socket'])
    .map(([name]) => name)
  const actual = [...routes].filter((route) => !undescribed.some((each) => each.test(route)))
  expect(described.toSorted()).toEqual(actual.toSorted())
})

test('has every WebSocket, which refuses whoever has no token', async () => {
  const { id } = await server.createSession()
  const sockets = operations().filter(([, operation]) => operation['x-web-socket'])
  expect(sockets.map(([name]) => name)).toEqual([
    'GET /cdp/{sessionId}',
    'GET /cdp/{sessionId}/devtools/page/{targetId}',
    'GET /live/{sessionId}/socket',
  ])
  for (const [name, { responses }] of sockets) {
    const path = name.slice('GET '.length).replaceAll(/\{(\w+)\}/g, id)
    const refusal = await RawClient.refusal(server.url.replace('http', 'ws') + path)
    expect(refusal).toMatchObject({ status: 401, body: { success: false } })
    expect(Object.keys(responses)).toContain('401')
  }
  await server.api('DELETE', `/v2/interact/${id}`)
})

test('operations have names of their own, and say what opens them', () => {
  const ids = operations().map(([, { operationId }]) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  const opened = operations()
    .filter(([, { security }]) => security.some((each) => 'apiKey' in each))
    .map(([name]) => name)
  expect(opened).toEqual(operations().flatMap(([name]) => (name.includes(' /v2/') ? [name] : [])))
})

test('both names of sessions are described alike', () => {
  const twins = operations().filter(([name]) => name.includes('/v2/interact'))
  expect(twins.length).toBeGreaterThan(8)
  for (const [name, { operationId: _id, description: _text, ...operation }] of twins) {
    const [method = '', path = ''] = name.replace('/v2/interact', '/v2/browser').split(' ')
    expect(document.paths[path]?.[method.toLowerCase()]).toMatchObject(operation)
  }
})

/** A field: type, default, bounds and words as in JSON Schema. */
type Field = Record<string, unknown>

/**
 * The two calls that are known best, field by field: `POST /v2/interact/{sessionId}/execute`, and
 * `POST /v2/scrape/{jobId}/interact`, as their public pages have them.
 */
const known: Record<string, { request: Record<string, Field>; answer: Record<string, Field> }> = {
  '/v2/interact/{sessionId}/execute': {
    request: {
      code: { type: 'string', minLength: 1 },
      language: { enum: ['node', 'python', 'bash'], default: 'node' },
      timeout: { type: 'number', minimum: 1, maximum: 300, default: 30 },
      origin: { type: 'string' },
    },
    answer: {
      success: { type: 'boolean', const: true, required: true },
      stdout: { type: 'string', required: true },
      result: { type: 'string', required: true },
      stderr: { type: 'string', required: true },
      exitCode: { type: 'integer', required: true },
      killed: { type: 'boolean', required: true },
      truncated: { type: 'boolean', required: false },
      error: { type: 'string', required: false },
    },
  },
  '/v2/scrape/{jobId}/interact': {
    request: {
      code: { type: 'string', minLength: 1 },
      prompt: { type: 'string', minLength: 1, maxLength: 10_000 },
      language: { enum: ['node', 'python', 'bash'], default: 'node' },
      timeout: { type: 'number', minimum: 1, maximum: 300, default: 30 },
      origin: { type: 'string' },
      integration: { anyOf: [{ enum: expect.arrayContaining(['langchain', 'n8n', 'cli']) }, {}] },
    },
    answer: {
      success: { type: 'boolean', required: true },
      sessionId: { type: 'string', required: true },
      cdpUrl: { type: 'string', required: true },
      liveViewUrl: { type: 'string', required: true },
      interactiveLiveViewUrl: { type: 'string', required: true },
      output: { type: 'string', required: false },
      stdout: { type: 'string', required: true },
      result: { type: 'string', required: true },
      stderr: { type: 'string', required: true },
      exitCode: { type: 'integer', required: true },
      killed: { type: 'boolean', required: true },
      truncated: { type: 'boolean', required: false },
      error: { type: 'string', required: false },
    },
  },
}

/** What the pages and the servers of the API answer, by status: the texts, or how they begin. */
const knownFailures: Record<string, Record<string, string[]>> = {
  '/v2/interact/{sessionId}/execute': {
    // The pages have 402 as well. Here what a session may cost is held when it is made: none comes later.
    403: ['Forbidden.'],
    404: ['Browser session not found.'],
    410: ['Browser session has been destroyed.'],
    502: ['Failed to execute code in browser session.'],
  },
  '/v2/scrape/{jobId}/interact': {
    400: [
      'Invalid job ID format. Job ID must be a valid UUID.',
      "Either 'code' or 'prompt' must be provided.",
    ],
    402: ['Insufficient credits'],
    403: ['Forbidden.'],
    404: ['Job not found.'],
    409: [
      'Replay context is unavailable for this scrape job. Please rerun the scrape.',
      'Failed to initialize browser session from the original scrape context. Please rerun the scrape and try again.',
      'Another session is currently writing to this profile. Only one writer is allowed at a time.',
    ],
    410: ['Browser session has been destroyed.'],
    429: ['Rate limit exceeded.', 'You have reached the maximum number of concurrent jobs ('],
    502: ['Failed to create browser session.', 'Failed to execute code in browser session.'],
    503: ['Prompts are not available'],
  },
}

describe.each(Object.entries(known))('POST %s', (path, { request, answer }) => {
  const operation = () => document.paths[path]?.['post'] as DescribedOperation
  const schemaOf = (content: DescribedOperation['requestBody'] | undefined): JsonSchema => {
    const reference = content?.content['application/json']?.schema['$ref'] as string
    return document.components.schemas[reference.split('/').at(-1) as string] as JsonSchema
  }

  test.each(Object.entries(request))('takes %s', (name, field) => {
    expect(schemaOf(operation().requestBody).properties?.[name]).toMatchObject(field)
  })

  test('takes one of what it can do, and needs nothing else', () => {
    const schema = schemaOf(operation().requestBody)
    expect(schema['required']).toBeUndefined()
    expect(schema['oneOf']).toEqual([{ required: ['code'] }, { required: ['prompt'] }])
    // Unknown keys are ignored.
    expect(schema).not.toHaveProperty('additionalProperties')
  })

  test.each(Object.entries(answer))('answers %s', (name, { required, ...field }) => {
    const schema = schemaOf(operation().responses['200'] as DescribedOperation['requestBody'])
    expect(schema.properties?.[name]).toMatchObject(field)
    expect((schema['required'] as string[]).includes(name)).toBe(required)
  })

  test('answers nothing else', () => {
    const schema = schemaOf(operation().responses['200'] as DescribedOperation['requestBody'])
    expect(Object.keys(schema.properties ?? {}).toSorted()).toEqual(Object.keys(answer).toSorted())
  })

  test.each(Object.entries(knownFailures[path] ?? {}))('fails with %s', (status, texts) => {
    const { examples = {} } = operation().responses[status]?.content?.['application/json'] ?? {}
    const described = Object.keys(examples).map(
      (name) => document.components.examples[name]?.value as { error: string },
    )
    const missing = texts.filter((text) => !described.some(({ error }) => error.startsWith(text)))
    expect(missing).toEqual([])
  })
})

test('can be read as a page, which loads and runs nothing, in light and in dark', async () => {
  const { executablePath, env } = await findEngine()
  const browser = await chromium.launch({ executablePath, env, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage({ colorScheme: 'light' })
    const requests: string[] = []
    const problems: string[] = []
    page.on('request', (request) => requests.push(new URL(request.url()).pathname))
    page.on('console', (message) => problems.push(message.text()))
    await page.goto(`${server.url}/docs`)
    const background = () =>
      page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const light = await background()
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await background()).not.toBe(light)
    // The style is allowed by its hash: it holds.
    expect(light).toBe('rgb(243, 244, 247)')

    const call = page.locator('#execute')
    await call.locator('summary').click()
    await expect.poll(() => call.innerText()).toContain('Browser session has been destroyed.')
    await call.getByRole('link', { name: 'ExecuteRequest' }).click()
    expect(new URL(page.url()).hash).toBe('#executerequest')
    expect(requests).toEqual(['/docs'])
    expect(problems).toEqual([])
  } finally {
    await browser.close()
  }
})
