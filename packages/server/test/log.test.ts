import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { CallOptions } from './support/api-caller.ts'
import { LiveClient } from './support/live-client.ts'
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

test('no level of the log shows what opens a live view, or what people do in it', async () => {
  const server = await startServer()
  const session = await server.createSession()
  const secrets = new Set<string>()
  const errors: string[] = []
  /** Keeps what the server said of a failure. */
  const refused = async (call: Promise<{ status: number; body: unknown }>): Promise<void> => {
    const { status, body } = await call
    expect(status).toBeGreaterThanOrEqual(400)
    errors.push(JSON.stringify(body))
  }
  const addresses = [session.liveViewUrl, session.interactiveLiveViewUrl]
  for (const address of addresses) {
    const { body } = await LiveClient.ticket(address)
    const ticket = String(body['ticket'])
    const name = `returning-${ticket.slice(0, 8)}`
    const viewer = await LiveClient.connect(address, ticket, name)
    const { uploadToken } = await viewer.until('hello')
    if (typeof uploadToken === 'string') {
      secrets.add(uploadToken)
      const upload = (token: string) => bring(session.interactiveLiveViewUrl, token)
      expect((await upload(uploadToken)).status).toBe(200)
      await refused(upload(`${uploadToken}x`))
      viewer.send({ type: 'takeOver', force: false })
      viewer.send({ type: 'text', text: 'typed-in-the-page' })
      viewer.send({ type: 'navigate', url: 'file:///typed-as-address' })
      await viewer.until('problem')
    }
    // A ticket that was used is refused, and so is nonsense with secrets in it.
    await expect(LiveClient.connect(address, ticket)).rejects.toThrow('401')
    const { origin, pathname, hash } = new URL(address)
    secrets.add(ticket).add(name).add(hash.slice(1))
    await refused(LiveClient.ticket(`${address}x`))
    await refused(LiveClient.ticket(`${origin}/live/${hash.slice(1)}#${ticket}`))
    await fetch(`${origin}${pathname}?token=${hash.slice(1)}`)
    await fetch(`${origin}${pathname}/page/${hash.slice(1)}`)
    viewer.webSocket.send(`not JSON ${ticket}`)
    viewer.send({ type: 'echo', value: 1 })
    await viewer.until('echo')
    await viewer.close()
  }
  await server.api('DELETE', `/v2/interact/${session.id}`)
  for (const address of addresses) await refused(LiveClient.ticket(address))
  await server.end('SIGTERM')

  // Of each address its token, a ticket and a name; of the second one the upload token, too.
  expect(secrets.size).toBe(7)
  const written = withBytesAsText(server.output)
  expect(logOf(server).filter(({ msg }) => msg === 'viewer joined')).toHaveLength(2)
  for (const secret of [...secrets, 'typed-in-the-page', 'typed-as-address', 'brought-content']) {
    expect(written).not.toContain(secret)
    expect(errors.filter((text) => text.includes(secret))).toEqual([])
  }
}, 15_000)

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
    for (const [, token = ''] of text.matchAll(/(?:[?&]token=|\/live\/[\w-]+#)([\w-]+)/g)) {
      secrets.add(token)
    }
    return answer
  }
  const named = { headers: { 'idempotency-key': 'named' } }
  const created = await call('POST', '/v2/interact', {}, named)
  const scraped = await call('POST', '/v2/scrape', { url: `${site.url}/?secret=in-the-page` })
  const { metadata } = scraped.body['data'] as { metadata: { scrapeId: string } }
  await call('POST', `/v2/scrape/${metadata.scrapeId}/interact`, { code: ':', language: 'bash' })
  const id = String(created.body['id'])
  // Those of the keys and of the first session.
  const tokens = [...secrets].slice(0, 6)
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

  // Two API keys, one of operators, the three tokens of each session.
  expect(secrets.size).toBeGreaterThanOrEqual(9)
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

/** Brings a file into a session as a viewer does. */
async function bring(
  address: string,
  uploadToken: string,
): Promise<{ status: number; body: unknown }> {
  const { origin, pathname } = new URL(address)
  const response = await fetch(`${origin}${pathname}/files?name=a.txt`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'x-upload-token': uploadToken },
    body: 'brought-content',
  })
  return { status: response.status, body: await response.json() }
}

test('what clients and operators do is no error in the log', async () => {
  await using site = await LocalSite.start()
  const server = await startServer({ TANDEM_EGRESS_ALLOW: new URL(site.url).host })
  const session = await server.createSession()
  const path = `/v2/interact/${session.id}/execute`
  const code = `agent-browser open ${site.url}/begun; sleep 60`
  for (const accept of ['text/event-stream', 'application/json']) {
    const hangUp = new AbortController()
    const begun = site.nextRequest('/begun')
    const options = { headers: { accept }, signal: hangUp.signal }
    const lost = server.api('POST', path, { code, language: 'bash' }, options)
    await begun
    hangUp.abort()
    await expect(lost).rejects.toThrow('aborted')
  }
  await server.api('POST', path, { code: ':', language: 'bash' })
  await server.end('SIGTERM')
  const lines = logOf(server)
  expect(lines.filter(({ level }) => level >= 50)).toEqual([])
  expect(lines.filter(({ msg }) => msg === 'session ended')).toMatchObject([
    { endReason: 'server_shutdown' },
  ])
})
