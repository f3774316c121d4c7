import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LocalSite } from './support/local-site.ts'
import { RawClient } from './support/raw-client.ts'
import { rawRequest } from './support/raw-request.ts'
import { ServerProcess } from './support/server-process.ts'

interface LogLine {
  level: number
  msg: string
  endReason?: string
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
