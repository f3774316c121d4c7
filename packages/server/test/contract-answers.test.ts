import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeApi } from '../src/http/openapi/document.ts'
import type { JsonSchema } from '../src/http/openapi/schema-catalog.ts'
import { problemsOf } from './support/conformity.ts'
import { conditions, under } from './support/contract-conditions.ts'
import { callsOf, failuresOf, requestOf, sendRequest } from './support/contract-requests.ts'
import { ContractWorld } from './support/contract-world.ts'

let world: ContractWorld

beforeAll(async () => {
  world = await ContractWorld.start()
})

afterAll(() => world[Symbol.asyncDispose]())

const document = describeApi(undefined)

/** What the description says of calls, under all of their names, and can be had at will. */
const described = callsOf(document)
  .filter(({ isWebSocket }) => !isWebSocket)
  .flatMap((call) => failuresOf(document, call))
  .filter(({ failure }) => failure in conditions)

test.each(described.map((each) => [each.call.name, each.status, each.failure, each] as const))(
  'a failure is answered as it is described: %s: %i %s',
  async (_name, status, failure, { call, error, code, retryAfter }) => {
    const condition = conditions[failure] as (typeof conditions)[string]
    const request = requestOf(call, world)
    const answer = await under([condition], request, world, () => sendRequest(request, world))
    expect(answer).toMatchObject({
      status,
      body: {
        success: false,
        error: condition.error ? expect.stringMatching(condition.error) : error,
        ...(code === undefined ? {} : { code }),
      },
    })
    expect('code' in answer.body).toBe(code !== undefined)
    expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    if (answer.headers.has('retry-after')) expect(retryAfter).toBe(true)
    if (failure === 'rateLimit' || failure === 'concurrencyLimit' || failure === 'humanInControl')
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  },
)

/** Calls that go well, each with all the fields that its answer can have. */
const going: readonly [
  call: string,
  schema: string,
  request: (prefix: string) => Promise<[string, string, object?]>,
][] = [
  ['a create', 'CreateSessionResponse', async (prefix) => ['POST', prefix, { ttl: 3600 }]],
  ['a list', 'ListSessionsResponse', async (prefix) => ['GET', prefix]],
  ['a session', 'GetSessionResponse', async (prefix) => ['GET', `${prefix}/${world.living}`]],
  [
    'a session that has ended',
    'GetSessionResponse',
    async (prefix) => ['GET', `${prefix}/${world.ended}`],
  ],
  [
    'code that succeeds',
    'ExecuteResponse',
    async (prefix) => ['POST', `${prefix}/${world.living}/execute`, { code: '1' }],
  ],
  [
    'code that fails, and prints too much',
    'ExecuteResponse',
    async (prefix) => [
      'POST',
      `${prefix}/${world.living}/execute`,
      { code: `console.log('x'.repeat(2_000_000)); throw new Error('no')` },
    ],
  ],
  [
    'an end',
    'DeleteSessionResponse',
    async (prefix) => {
      const { id } = await world.server.createSession()
      return ['DELETE', `${prefix}/${id}`]
    },
  ],
  ['profiles', 'ListProfilesResponse', async (prefix) => ['GET', `${prefix}/profiles`]],
  [
    'the end of a profile',
    'DeleteProfileResponse',
    async (prefix) => ['DELETE', `${prefix}/profiles/nothing-of-that-name`],
  ],
  ['a driver', 'ControlResponse', async (prefix) => ['GET', `${prefix}/${world.living}/control`]],
  [
    'a person who drives',
    'ControlResponse',
    async (prefix) => ['POST', `${prefix}/${world.living}/control`, { action: 'take' }],
  ],
  [
    'a person who drove',
    'ControlResponse',
    async (prefix) => ['POST', `${prefix}/${world.living}/control`, { action: 'hand_back' }],
  ],
  [
    'code on a scrape',
    'InteractResponse',
    async () => ['POST', `/v2/scrape/${world.continued}/interact`, { code: '1' }],
  ],
  [
    'code on a scrape that fails, and prints too much',
    'InteractResponse',
    async () => [
      'POST',
      `/v2/scrape/${world.continued}/interact`,
      { code: 'yes | head -c 2000000; exit 3', language: 'bash' },
    ],
  ],
  [
    'the end of a scrape',
    'DeleteSessionResponse',
    async () => ['DELETE', `/v2/scrape/${world.stopped}/interact`],
  ],
  ['what a scrape gave', 'ScrapeResponse', async () => ['GET', `/v2/scrape/${world.scraped}`]],
  [
    'a scrape',
    'ScrapeResponse',
    async () => [
      'POST',
      '/v2/scrape',
      {
        url: world.site.serve('/full', '<title>Full</title><a href="/">Text</a><img src="/a.png">'),
        formats: ['markdown', 'html', 'rawHtml', 'links', 'images', 'screenshot'],
        actions: ['screenshot', 'scrape', 'pdf', 'executeJavascript'].map((type) => ({
          type,
          ...(type === 'executeJavascript' ? { script: '1' } : {}),
        })),
      },
    ],
  ],
]

test.each(going)('an answer is what is described, and nothing else: %s', async (_, name, make) => {
  for (const prefix of ['/v2/interact', '/v2/browser']) {
    const [method, path, body] = await make(prefix)
    const answer = await world.server.api(method, path, body)
    const schema = document.components.schemas[name] as JsonSchema
    expect({ path, problems: problemsOf(answer.body, schema, document) }).toEqual({
      ...{ path, problems: [] },
    })
    expect(answer.status).toBe(200)
    if (name === 'CreateSessionResponse') {
      await world.server.api('DELETE', `${prefix}/${String(answer.body['id'])}`)
    }
  }
})

test('and nothing of that has done anything', async () => {
  const { body } = await world.server.api('GET', '/v2/interact?status=active')
  const sessions = body['sessions'] as { id: string }[]
  expect(sessions.map(({ id }) => id)).toEqual(expect.arrayContaining([world.living, world.writer]))
  // Those two, and that of the scrape that was gone on with.
  expect(sessions).toHaveLength(3)
  expect(await world.server.counters()).toMatchObject({ sessions: 3, starting: 0, executions: 0 })
})
