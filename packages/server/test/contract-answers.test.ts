import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeApi } from '../src/http/openapi/document.ts'
import { conditions, under } from './support/contract-conditions.ts'
import { callsOf, failuresOf, requestOf, sendRequest } from './support/contract-requests.ts'
import { ContractWorld } from './support/contract-world.ts'

let world: ContractWorld

beforeAll(async () => {
  world = await ContractWorld.start()
})

afterAll(() => world[Symbol.asyncDispose]())

const document = describeApi(undefined)

/** What the description says of calls with a key, under all of their names, and can be had at will. */
const described = callsOf(document)
  .filter(({ path }) => path.startsWith('/v2/'))
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

test('and nothing of that has done anything', async () => {
  const { body } = await world.server.api('GET', '/v2/interact?status=active')
  const sessions = body['sessions'] as { id: string }[]
  expect(sessions.map(({ id }) => id)).toEqual(expect.arrayContaining([world.living, world.writer]))
  // Those two, and that of the scrape that was gone on with.
  expect(sessions).toHaveLength(3)
  expect(await world.server.counters()).toMatchObject({ sessions: 3, starting: 0, executions: 0 })
})
