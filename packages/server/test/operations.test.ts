import { afterAll, beforeAll, expect, test } from 'vitest'
import { LocalSite } from './support/local-site.ts'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

let site: LocalSite
let server: TestServer

beforeAll(async () => {
  site = await LocalSite.start()
  server = await TestServer.start({ maxSessions: 2, egressAllow: [new URL(site.url).host] })
})

afterAll(async () => {
  await server.close()
  await site.close()
})

async function metrics(): Promise<string> {
  const call = { key: TestServer.operatorKey }
  const { headers, body } = await server.api<string>('GET', '/metrics', undefined, call)
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  return body
}

/** The value of a sample; 0 when there is none. */
function valueOf(text: string, sample: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${sample} `))
  return Number(line?.slice(sample.length + 1) ?? 0)
}

test.each(['/metrics', '/debug/counters'])('%s is for operators alone', async (path) => {
  expect((await server.api('GET', path, undefined, { key: '' })).status).toBe(401)
  const refused = await server.api('GET', path)
  expect(refused.status).toBe(403)
  expect(refused.body['error']).toContain('TANDEM_OPERATOR_KEYS')
  expect((await server.api('GET', path, undefined, { key: TestServer.operatorKey })).status).toBe(
    200,
  )
  // And the key of an operator opens nothing else.
  const list = await server.api('GET', '/v2/interact', undefined, { key: TestServer.operatorKey })
  expect(list.status).toBe(401)
})

test('counters show what there is, and nothing once it has ended', async () => {
  const idle = await server.counters()
  const { id, cdpUrl } = await server.createSession()
  const client = await RawClient.connect(cdpUrl)
  const held = site.nextRequest('/hold')
  const code = `await fetch('${site.url}/hold')`
  const execution = server.api('POST', `/v2/interact/${id}/execute`, { code })
  await held
  const busy = await server.counters()
  expect(busy).toMatchObject({ sessions: 1, executions: 1, folders: 1, cdpSockets: 1 })
  expect(busy['processes']).toBeGreaterThan(0)
  expect(busy['cdpClients']).toBeGreaterThan(1)
  expect(busy['egress']).toMatchObject({ sessions: 1, connections: 1 })
  site.release()
  await execution
  await server.api('DELETE', `/v2/interact/${id}`)
  await client.closed
  const nothing = {
    ...{ sessions: 0, starting: 0, closing: 0, executions: 0, cdpClients: 0, cdpSockets: 0 },
    ...{ processes: 0, folders: 0, idempotentCalls: 0, pool: { ready: 0, starting: 0 } },
    egress: { sessions: 0, clients: 0, connections: 0 },
  }
  expect(idle).toMatchObject(nothing)
  await expect.poll(() => server.counters()).toMatchObject(nothing)
})

test('ready says whether a session can be had', async () => {
  const ready = () => server.api('GET', '/ready', undefined, { key: '' })
  expect(await ready()).toMatchObject({ status: 200, body: { status: 'ready' } })
  const sessions = await Promise.all([server.createSession(), server.createSession()])
  expect(await ready()).toMatchObject({ status: 503, body: { status: 'unready', reason: 'full' } })
  // It lives all the same.
  expect((await server.api('GET', '/health', undefined, { key: '' })).status).toBe(200)
  await Promise.all(sessions.map(({ id }) => server.api('DELETE', `/v2/interact/${id}`)))
  expect((await ready()).status).toBe(200)
})

test('a page of a scrape that is kept is counted as such, until it gives way', async () => {
  const keeping = await TestServer.forTest({ maxSessions: 1, scrapeKeep: 60 })
  const seen = async () => {
    const call = { key: TestServer.operatorKey }
    const { body } = await keeping.api<string>('GET', '/metrics', undefined, call)
    const { kept, sessions, closing } = await keeping.counters()
    return { kept, sessions, closing, metric: valueOf(body, 'tandem_sessions{state="kept"}') }
  }
  await keeping.api('POST', '/v2/scrape', { url: `${site.url}/` })
  expect(await seen()).toEqual({ kept: 1, sessions: 0, closing: 0, metric: 1 })
  const { id } = await keeping.createSession()
  expect(await seen()).toMatchObject({ kept: 0, sessions: 1, metric: 0 })
  await keeping.api('DELETE', `/v2/interact/${id}`)
})

test('metrics count sessions, claims, executions, refusals, ends and requests', async () => {
  const before = await metrics()
  const { id } = await server.createSession()
  const run = (code: string, timeout = 30) =>
    server.api('POST', `/v2/interact/${id}/execute`, { code, timeout })
  await run('1')
  await run('throw new Error("no")')
  await run('for (;;);', 1)
  await run(`await fetch('http://10.1.2.3/').catch(() => {})`)
  await server.api('GET', '/v2/interact/not-an-id-but-input-of-a-user')
  await server.api('GET', '/input-of-a-user')
  expect(valueOf(await metrics(), 'tandem_sessions{state="active"}')).toBe(1)
  await server.api('DELETE', `/v2/interact/${id}`)
  const after = await metrics()
  const grown = (sample: string) => valueOf(after, sample) - valueOf(before, sample)

  const executions = 'tandem_execution_duration_seconds_count{language="node",outcome'
  expect(grown(`${executions}="succeeded"}`)).toBe(2)
  expect(grown(`${executions}="failed"}`)).toBe(1)
  expect(grown(`${executions}="killed"}`)).toBe(1)
  expect(grown('tandem_session_claim_duration_seconds_count{pool="miss"}')).toBe(1)
  expect(grown('tandem_egress_refusals_total{rule="private-address"}')).toBe(1)
  expect(grown('tandem_sessions_ended_total{reason="released"}')).toBe(1)
  expect(grown('tandem_credits_billed_total')).toBe(2)
  const requests = 'tandem_http_request_duration_seconds_count{method'
  expect(grown(`${requests}="DELETE",route="/v2/interact/:sessionId",status="200"}`)).toBe(1)
  expect(grown(`${requests}="GET",route="/v2/interact/:sessionId",status="404"}`)).toBe(1)
  expect(grown(`${requests}="any",route="none",status="404"}`)).toBe(1)
  expect(valueOf(after, 'tandem_sessions{state="active"}')).toBe(0)
  expect(after).not.toMatch(/input-of-a-user|10\.1\.2\.3/)
  expect(after).not.toContain(id)
})
