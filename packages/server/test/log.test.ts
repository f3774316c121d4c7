import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { CallOptions } from './support/api-caller.ts'
import { LocalSite } from './support/local-site.ts'
import { RawClient } from './support/raw-client.ts'
import { rawRequest } from './support/raw-request.ts'
import { ServerProcess } from './support/server-process.ts'

interface LogLine {
  level: number
  msg: string
  endReason?: string
  reqId?: string
  sessionId?: string
}

async function startServer(variables: Record<string, string> = {}): Promise<ServerProcess> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'tandem-test-'))
  onTestFinished(() => rm(dataDirectory, { recursive: true }))
  return ServerProcess.start(dataDirectory, { TANDEM_LOG_LEVEL: 'trace', ...variables })
}

function logOf(server: ServerProcess): LogLine[] {
  const lines = server.output.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line) as LogLine)
}

/** Buffers are logged as lists of numbers. */
function withBytesAsText(text: string): string {
  return text.replace(/\[\d+(?:,\d+)+\]/g, (list) =>
    Buffer.from(JSON.parse(list) as number[]).toString('latin1'),
  )
}

test('no level of the log shows a key or the token of a session', async () => {
  const server = await startServer()
  const session = await server.createSession()
  const cdpUrl = new URL(session.cdpUrl)
  const token = cdpUrl.searchParams.get('token') as string
  const client = await RawClient.connect(session.cdpUrl)
  client.write('no message')
  await client.closed
  await fetch(session.cdpUrl.replace(/^ws/, 'http').replace('?', '/json/version?'))
  const target = `${cdpUrl.pathname}/json/version${cdpUrl.search}`
  const key = ServerProcess.keys[0]
  const refused = [`GET ${target} HTTP/1.1`, `Authorization: Bearer ${key}`]
  await rawRequest(server.url, [...refused, 'no header'])
  await rawRequest(server.url, [...refused, 'Host: localhost:99999', 'Connection: close'])
  await server.api('GET', `/v2/interact/${token}`)
  await server.api('DELETE', `/v2/interact/${session.id}`)
  await RawClient.refusal(session.cdpUrl)
  await server.end('SIGTERM')

  const written = withBytesAsText(server.output)
  expect(logOf(server).map(({ msg }) => msg)).toContain('unreadable request')
  expect(written).not.toContain(token)
  for (const secret of ServerProcess.keys) expect(written).not.toContain(secret)
})

test('no log and no error shows a secret, whichever endpoint is called', async () => {
  await using site = await LocalSite.start()
  const server = await startServer({
    TANDEM_EGRESS_ALLOW: new URL(site.url).host,
    TANDEM_MAX_SESSIONS: '2',
  })
  const secrets = new Set<string>([...ServerProcess.keys, ServerProcess.operatorKey])
  const errors: string[] = []
  /** Calls, collects what must be seen nowhere else, and what was said of a failure. */
  const call = async (method: string, path: string, body?: unknown, options: CallOptions = {}) => {
    const answer = await server.api(method, path, body, options)
    const text = JSON.stringify(answer.body)
    if (answer.status >= 400) errors.push(text)
    for (const [, token = ''] of text.matchAll(/[?&]token=([\w-]+)/g)) secrets.add(token)
    return answer
  }
  const named = { headers: { 'idempotency-key': 'named' } }
  const created = await call('POST', '/v2/interact', {}, named)
  const scraped = await call('POST', '/v2/scrape', { url: `${site.url}/?secret=in-the-page` })
  const { metadata } = scraped.body['data'] as { metadata: { scrapeId: string } }
  await call('POST', `/v2/scrape/${metadata.scrapeId}/interact`, { code: '1' })
  const id = String(created.body['id'])
  const tokens = [...secrets]
  const unknown = '01890000-0000-7000-8000-000000000000'
  for (const key of [ServerProcess.keys[0], ServerProcess.keys[1], ServerProcess.operatorKey, '']) {
    for (const place of ['/v2/interact', '/v2/browser']) {
      await call('POST', place, {}, { key })
      await call('POST', place, { ttl: tokens.join() }, { key })
      await call('POST', place, { ttl: 40 }, { key, ...named })
      await call('GET', place, undefined, { key })
      await call('GET', `${place}?status=${tokens[3]}`, undefined, { key })
      for (const name of [id, unknown, ...tokens]) {
        await call('GET', `${place}/${name}`, undefined, { key })
        await call('POST', `${place}/${name}/execute`, { code: 'throw 1', token: tokens }, { key })
      }
    }
    for (const name of [metadata.scrapeId, unknown, ...tokens]) {
      await call('POST', `/v2/scrape/${name}/interact`, { code: '' }, { key })
    }
    await call('POST', '/v2/scrape', { url: tokens[3] }, { key })
    await call('POST', '/v2/scrape', `{"url": "${tokens[3]}`, { key })
    for (const path of ['/metrics', '/debug/counters', '/health', '/ready', `/${tokens[3]}`]) {
      await call('GET', path, undefined, { key })
    }
    await call('GET', `/cdp/${id}/json/version?token=${tokens[0]}`, undefined, { key })
  }
  await call('DELETE', `/v2/scrape/${metadata.scrapeId}/interact`)
  for (const name of [id, id, unknown, ...tokens]) await call('DELETE', `/v2/browser/${name}`)
  await RawClient.refusal(String(created.body['cdpUrl']))
  await server.end('SIGTERM')

  // Two API keys, one of operators, the token of each session.
  expect(secrets.size).toBeGreaterThanOrEqual(5)
  expect(errors.length).toBeGreaterThan(50)
  const written = withBytesAsText(server.output)
  for (const secret of secrets) {
    expect(written).not.toContain(secret)
    // The path of an address that does not exist is the caller's own, and said back to him alone.
    const said = errors.filter((text) => !/There is no (GET|POST|DELETE) /.test(text))
    expect(said.filter((text) => text.includes(secret))).toEqual([])
  }
  expect(written).not.toContain('in-the-page')
  const lines = logOf(server).filter(({ msg }) => msg === 'request')
  expect(lines.every(({ reqId }) => typeof reqId === 'string')).toBe(true)
  expect(lines.filter(({ sessionId }) => sessionId === id).length).toBeGreaterThan(10)
}, 30_000)

test('what clients and operators do is no error in the log', async () => {
  await using site = await LocalSite.start()
  const server = await startServer({ TANDEM_EGRESS_ALLOW: new URL(site.url).host })
  const session = await server.createSession()
  const path = `/v2/interact/${session.id}/execute`
  const code = `await fetch('${site.url}/begun'); await new Promise(() => {})`
  for (const accept of ['text/event-stream', 'application/json']) {
    const hangUp = new AbortController()
    const begun = site.nextRequest('/begun')
    const options = { headers: { accept }, signal: hangUp.signal }
    const lost = server.api('POST', path, { code }, options)
    await begun
    hangUp.abort()
    await expect(lost).rejects.toThrow('aborted')
  }
  await server.api('POST', path, { code: '1' })
  await server.end('SIGTERM')
  const lines = logOf(server)
  expect(lines.filter(({ level }) => level >= 50)).toEqual([])
  expect(lines.filter(({ msg }) => msg === 'session ended')).toMatchObject([
    { endReason: 'server_shutdown' },
  ])
})
