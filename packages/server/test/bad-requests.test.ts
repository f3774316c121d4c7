import { expect, test } from 'vitest'
import type { OpenApiDocument } from '../src/http/openapi/document.ts'
import { type FuzzRequest, requestsFor } from './support/bad-requests.ts'
import { LocalSite } from './support/local-site.ts'
import { Random } from './support/random.ts'
import { sendRaw } from './support/send-raw.ts'
import { TestServer } from './support/test-server.ts'

const count = Number(process.env['TANDEM_FUZZ_REQUESTS'] ?? 10_000)
const seed = Number(process.env['TANDEM_FUZZ_SEED'] ?? 548_353_890)

/** Requests that are under way at the same time. */
const concurrency = 16

/** What valid input gets from 500 on, which a mutation leaves now and then. */
function isDocumented({ method, path }: FuzzRequest, status: number, body: string): boolean {
  // There may be as many sessions as there can be: that is what it is asked for.
  if (path.startsWith('/ready')) return status === 503
  // No model is configured; an answer to HEAD has no text.
  return (
    status === 503 && method !== 'HEAD' && errorOf(body).startsWith('Prompts are not available')
  )
}

test(
  `${count} bad requests: no failure of the server, nothing hangs, nothing is left`,
  { timeout: 120_000 },
  async () => {
    const server = await TestServer.forTest({ maxSessions: 2 })
    await using site = await LocalSite.start()
    const before = await server.counters()
    const answer = await server.api<OpenApiDocument>('GET', '/openapi.json')
    // One lives, so that what passes the first checks meets what comes after them.
    const { id } = await server.createSession({ ttl: 3600, activityTtl: 3600 })
    const scraped = await server.api('POST', '/v2/scrape', { url: `${site.url}/` })
    const { metadata } = scraped.body['data'] as { metadata: { scrapeId: string } }
    const known = { sessionId: id, jobId: metadata.scrapeId, keys: TestServer.keys }
    const requests = requestsFor(answer.body, known, new Random(seed))

    const statuses = new Map<number, number>()
    const failures: { request: FuzzRequest; status: number; body: string }[] = []
    let sent = 0
    const worker = async (): Promise<void> => {
      while (sent < count) {
        sent += 1
        const request = requests.next().value
        const { status, body } = await sendRaw(server.url, request)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        const failed = status === 0 || (status >= 500 && !isDocumented(request, status, body))
        if (failed) failures.push({ request, status, body })
      }
    }
    await Promise.all(Array.from({ length: concurrency }, worker))

    expect({ seed, failures: failures.slice(0, 3) }).toEqual({ seed, failures: [] })
    // They were bad, and in many ways.
    const bad = [...statuses].filter(([status]) => status >= 400 && status < 500)
    expect(bad.reduce((sum, [, number]) => sum + number, 0)).toBeGreaterThan(count * 0.7)
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([400, 401, 403, 404, 413, 415]))

    // The server still does what it is for, and then nothing is left of all that.
    const run = await server.api('POST', `/v2/interact/${id}/execute`, { code: '6 * 7' })
    expect({ seed, body: run.body }).toMatchObject({ seed, body: { success: true, result: '42' } })
    const { body } = await server.api('GET', '/v2/interact?status=active')
    const sessions = body['sessions'] as { id: string }[]
    await Promise.all(sessions.map((session) => server.api('DELETE', `/v2/interact/${session.id}`)))
    const nothing = {
      ...{ sessions: 0, starting: 0, closing: 0, executions: 0, cdpClients: 0, cdpSockets: 0 },
      ...{ processes: 0, folders: 0, idempotentCalls: 0, liveViewers: 0, screencasts: 0 },
      liveTickets: 0,
      egress: before['egress'],
    }
    await expect.poll(() => server.counters(), { timeout: 10_000 }).toMatchObject(nothing)
  },
)

function errorOf(body: string): string {
  try {
    return String((JSON.parse(body) as { error?: unknown }).error)
  } catch {
    return ''
  }
}
