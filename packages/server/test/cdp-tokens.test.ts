import type { CreateSessionResponse, ExecuteResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawClient } from './support/raw-client.ts'
import { browserOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let session: CreateSessionResponse
let other: CreateSessionResponse

beforeAll(async () => {
  server = await TestServer.start()
  ;[session, other] = await Promise.all([server.createSession(), server.createSession()])
})

afterAll(() => server.close())

function tokenOf({ cdpUrl }: CreateSessionResponse): string {
  return new URL(cdpUrl).searchParams.get('token') as string
}

async function bash(code: string): Promise<string> {
  const { body } = await server.api<ExecuteResponse>('POST', `/v2/interact/${session.id}/execute`, {
    code,
    language: 'bash',
  })
  return body.result
}

/** What every way to a session's browser answers to a token: a WebSocket, and both look-ups. */
async function answers(id: string, token: string): Promise<number[]> {
  const url = new URL(session.cdpUrl)
  url.pathname = url.pathname.replace(session.id, id)
  url.searchParams.set('token', token)
  const status = async (path: string): Promise<number> => {
    const lookup = new URL(url.href.replace(/^ws/, 'http'))
    lookup.pathname += path
    return (await fetch(lookup)).status
  }
  const page = new URL(url)
  page.pathname += '/devtools/page/any'
  return Promise.all([
    RawClient.refusal(url.href).then((refusal) => refusal.status),
    RawClient.refusal(page.href).then((refusal) => refusal.status),
    status('/json/version'),
    status('/json/list'),
    status('/json'),
  ])
}

test('a token opens one session, each its own', async () => {
  expect(tokenOf(session)).not.toBe(tokenOf(other))
  expect(await answers(session.id, tokenOf(other))).toEqual([401, 401, 401, 401, 401])
  expect(await answers(other.id, tokenOf(session))).toEqual([401, 401, 401, 401, 401])
})

test('a token that is nearly right is wrong', async () => {
  const token = tokenOf(session)
  const last = token.endsWith('A') ? 'B' : 'A'
  for (const near of [
    token.slice(0, -1),
    `${token}A`,
    token.slice(0, -1) + last,
    token.toUpperCase(),
    `${token}\u0000`,
    `${token.slice(0, -1)}é`,
  ]) {
    expect(await answers(session.id, near)).toEqual([401, 401, 401, 401, 401])
  }
})

test('the token of a CDP connection is for that alone, and so is that of a kernel', async () => {
  const key = tokenOf(session)
  for (const [method, path] of [
    ['GET', '/v2/interact'],
    ['GET', `/v2/interact/${session.id}`],
    ['POST', `/v2/interact/${session.id}/execute`],
    ['DELETE', `/v2/interact/${session.id}`],
    ['POST', '/v2/scrape'],
  ] as const) {
    expect((await server.api(method, path, undefined, { key })).status).toBe(401)
  }
  const cdpUrl = new URL(await bash('echo $CDP_URL'))
  const kernelToken = cdpUrl.pathname.split('/')[2] as string
  expect(await answers(session.id, kernelToken)).toEqual([401, 401, 401, 401, 401])
  const ask = (token: string): Promise<string> =>
    bash(`exec 3<>/dev/tcp/127.0.0.1/${cdpUrl.port}
      printf 'GET /cdp/${token}/json/version HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n' >&3
      head -n 1 <&3`)
  expect(await ask(kernelToken)).toContain('200 OK')
  expect(await ask(key)).toContain('404 Not Found')
})

test('a token is dead with its session, however that ended', async () => {
  const [released, crashed] = await Promise.all([server.createSession(), server.createSession()])
  const client = await RawClient.connect(crashed.cdpUrl)
  process.kill(await browserOf(crashed.id), 'SIGKILL')
  await server.api('DELETE', `/v2/interact/${released.id}`)
  await client.closed
  for (const ended of [released, crashed]) {
    expect(await answers(ended.id, tokenOf(ended))).toEqual([410, 410, 410, 410, 410])
  }
})
