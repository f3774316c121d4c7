import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { InsufficientCreditsError } from '../src/keys/credit-accounts.ts'
import { creditsFor } from '../src/sessions/credits.ts'
import { LocalSite } from './support/local-site.ts'
import { Operator } from './support/operator.ts'
import { browserOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

const id = Operator.idOf(TestServer.keys[0])
let server: TestServer
let operator: Operator

beforeAll(async () => {
  server = await TestServer.start({ maxSessions: 5 })
  operator = await Operator.of(server)
})

afterEach(() => operator.accounts.set(id, 'unlimited'))

afterAll(async () => {
  await operator[Symbol.asyncDispose]()
  await server.close()
})

async function spent(): Promise<number> {
  return (await operator.accounts.summary(id)).spent
}

test.each([
  [0, false, 2],
  [60_000, false, 2],
  [60_001, false, 3],
  [600_000, false, 20],
  [3_600_000, false, 120],
  [1, true, 7],
  [600_000, true, 70],
  [3_600_000, true, 420],
])('%i ms, prompted: %s, cost %i credits', (duration, prompted, credits) => {
  expect(creditsFor(duration, prompted)).toBe(credits)
})

test('a session that its whole ttl is not paid for does not start; a shorter one does', async () => {
  await operator.accounts.set(id, 19)
  const refused = await server.api('POST', '/v2/interact')
  expect(refused).toMatchObject({
    status: 402,
    body: {
      success: false,
      error: expect.stringMatching(
        /^Insufficient credits for a 600s browser session \(requires ~20 credits\)\./,
      ),
      details: { required: 20, available: 19 },
    },
  })
  const first = await server.createSession({ ttl: 300 })
  // What a session may still cost cannot be spent on another.
  expect((await server.api('POST', '/v2/interact', { ttl: 300 })).status).toBe(402)
  const second = await server.createSession({ ttl: 270 })
  expect((await server.api('POST', '/v2/scrape', { url: 'http://127.0.0.1:1' })).status).toBe(402)
  for (const session of [first, second]) {
    const { body } = await server.api('DELETE', `/v2/interact/${session.id}`)
    expect(body).toMatchObject({ creditsBilled: 2 })
  }
  expect(await operator.accounts.summary(id)).toMatchObject({ balance: 15, held: 0 })
})

test('two creates at once do not spend the same credits', async () => {
  await operator.accounts.set(id, 30)
  const answers = await Promise.all([1, 2].map(() => server.api('POST', '/v2/interact')))
  expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
    200, 402,
  ])
  const created = answers.find(({ status }) => status === 200)
  await server.api('DELETE', `/v2/interact/${String(created?.body['id'])}`)
  expect(await operator.accounts.summary(id)).toMatchObject({ balance: 28, held: 0 })
  const { body } = await server.api<{ sessions: object[] }>('GET', '/v2/interact?status=active')
  expect(body.sessions).toEqual([])
})

test('a session is billed once, whatever ends it, and every later answer says the same', async () => {
  await operator.accounts.set(id, 100)
  const [released, crashed] = await Promise.all([server.createSession(), server.createSession()])
  const before = await spent()
  process.kill(await browserOf(crashed.id), 'SIGKILL')
  const first = await server.api('DELETE', `/v2/interact/${released.id}`)
  const again = await Promise.all(
    [1, 2].map(() => server.api('DELETE', `/v2/interact/${released.id}`)),
  )
  for (const { status, body } of again)
    expect({ status, body }).toEqual({ status: 200, body: first.body })
  expect((await server.api('GET', `/v2/interact/${released.id}`)).body).toMatchObject({
    creditsBilled: first.body['creditsBilled'],
    sessionDurationMs: first.body['sessionDurationMs'],
  })
  await expect
    .poll(async () => (await server.api('GET', `/v2/interact/${crashed.id}`)).body)
    .toMatchObject({ endReason: 'crashed', creditsBilled: 2 })
  await server.api('DELETE', `/v2/interact/${crashed.id}`)
  expect(await spent()).toBe(before + 4)
  expect(await operator.accounts.summary(id)).toMatchObject({ balance: 96, held: 0 })
})

test('a create that fails costs nothing', async () => {
  await operator.accounts.set(id, 100)
  await operator.limits.change(id, { sessions: 0, requestsPerMinute: undefined })
  expect((await server.api('POST', '/v2/interact')).status).toBe(429)
  await operator.limits.change(id, { sessions: 'unlimited', requestsPerMinute: undefined })
  expect(await operator.accounts.summary(id)).toMatchObject({ balance: 100, held: 0 })
})

test('a scrape costs a credit when it succeeds', async () => {
  await using site = await LocalSite.start()
  await operator.accounts.set(id, 1)
  const failed = await server.api('POST', '/v2/scrape', { url: 'http://127.0.0.1:1/' })
  expect(failed.body['success']).toBe(false)
  const scraped = await server.api('POST', '/v2/scrape', { url: `${site.url}/` })
  expect(scraped).toMatchObject({ status: 200, body: { data: { metadata: { creditsUsed: 1 } } } })
  expect(await operator.accounts.summary(id)).toMatchObject({ balance: 0, held: 0 })
  const refused = await server.api('POST', '/v2/scrape', { url: `${site.url}/` })
  expect(refused).toMatchObject({ status: 402, body: { code: 'INSUFFICIENT_CREDITS' } })
})

test('sessions of one key are bounded by its limit; those of another are not', async () => {
  await operator.limits.change(id, { sessions: 2, requestsPerMinute: undefined })
  // Sessions on their way count as well.
  const answers = await Promise.all([1, 2, 3].map(() => server.api('POST', '/v2/interact')))
  expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
    200, 200, 429,
  ])
  const refused = answers.find(({ status }) => status === 429)
  expect(refused?.body['error']).toMatch(
    /^You have reached the maximum number of concurrent jobs \(2\)\./,
  )
  expect(refused?.headers.get('retry-after')).toMatch(/^\d+$/)
  const other = { key: TestServer.keys[1] }
  const foreign = await server.createSession({}, other)
  await server.api('DELETE', `/v2/interact/${foreign.id}`, undefined, other)
  // A changed limit holds with the next request.
  await operator.limits.change(id, { sessions: 'unlimited', requestsPerMinute: undefined })
  const more = await server.createSession()
  const created = answers
    .filter(({ status }) => status === 200)
    .map(({ body }) => String(body['id']))
  for (const each of [...created, more.id]) await server.api('DELETE', `/v2/interact/${each}`)
})

test('requests a minute are counted by key and by kind of call', async () => {
  await operator.limits.change(id, { sessions: undefined, requestsPerMinute: 2 })
  const list = () => server.api('GET', '/v2/browser')
  expect([(await list()).status, (await list()).status]).toEqual([200, 200])
  const refused = await list()
  expect(refused.status).toBe(429)
  expect(refused.body['error']).toMatch(
    /^Rate limit exceeded\. Consumed \(req\/min\): 2, Remaining \(req\/min\): 0\. .*please retry after (\d+)s, resets at 20\S+Z$/,
  )
  const wait = Number(refused.headers.get('retry-after'))
  expect(wait).toBeGreaterThan(50)
  expect(wait).toBeLessThanOrEqual(60)
  // What is wrong with a call is said before anything is done, and is counted all the same.
  expect((await server.api('POST', '/v2/interact', { ttl: 1 })).status).toBe(400)
  expect(
    (await server.api('GET', '/v2/interact', undefined, { key: TestServer.keys[1] })).status,
  ).toBe(200)
  await operator.limits.change(id, { sessions: undefined, requestsPerMinute: 'unlimited' })
  expect((await list()).status).toBe(200)
})

test('prompts hold their price for the whole session, or are refused', async () => {
  const { accounts } = operator
  await accounts.set(id, 80)
  await accounts.hold(id, 'work', creditsFor(600_000), 'a 600s browser session')
  await accounts.hold(id, 'other', 20, 'a 600s browser session')
  const raised = accounts.hold(id, 'work', creditsFor(600_000, true), 'a browser prompt session')
  await expect(raised).rejects.toThrow(InsufficientCreditsError)
  await expect(raised).rejects.toThrow('a browser prompt session (requires ~70 credits)')
  expect(await accounts.summary(id)).toMatchObject({ held: 40 })
  await accounts.settle(id, 'other', 2)
  await accounts.hold(id, 'work', 70, 'a browser prompt session')
  await Promise.all([accounts.settle(id, 'work', 7), accounts.settle(id, 'work', 7)])
  expect(await accounts.summary(id)).toMatchObject({ balance: 71, held: 0 })
})
