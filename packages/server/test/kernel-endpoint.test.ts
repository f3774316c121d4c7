import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { ExecuteResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { python } from './support/python.ts'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let sessionId: string
let cdpUrl: string

// Without isolation, the endpoint of a kernel is where everybody on the machine can try it.
beforeAll(async () => {
  if (python === undefined) return
  server = await TestServer.start({ isolation: 'none', poolSize: 0 })
  sessionId = (await server.createSession()).id
  cdpUrl = (await run('import os\nprint(os.environ["CDP_URL"])')).result
})

afterAll(() => server?.close())

async function run(code: string, timeout = 20): Promise<ExecuteResponse> {
  const path = `/v2/interact/${sessionId}/execute`
  const body = { code, timeout, language: 'python' }
  return (await server.api<ExecuteResponse>('POST', path, body)).body
}

/** Asks over HTTP, by an address below the origin of the endpoint. */
async function get(path: string, host?: string): Promise<{ status: number; body: unknown }> {
  const url = new URL(cdpUrl.replace(/^ws/, 'http'))
  const sent = request({
    host: url.hostname,
    port: url.port,
    path,
    headers: host === undefined ? {} : { host },
  }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode ?? 0, body: JSON.parse(text) }
}

const prefix = (): string => new URL(cdpUrl).pathname

test.skipIf(python === undefined)('the endpoint of a kernel lists what it leads to', async () => {
  for (const path of ['/json/version', '/json/version/']) {
    expect(await get(prefix() + path)).toMatchObject({
      status: 200,
      body: { 'Protocol-Version': '1.3', webSocketDebuggerUrl: cdpUrl },
    })
  }
  for (const path of ['/json', '/json/', '/json/list']) {
    const { body } = await get(prefix() + path)
    const [page] = body as [{ id: string; webSocketDebuggerUrl: string }]
    expect(body).toHaveLength(1)
    expect(page.webSocketDebuggerUrl).toBe(`${cdpUrl}/devtools/page/${page.id}`)
    const client = await RawClient.connect(page.webSocketDebuggerUrl)
    const { result } = await client.send<{ result: unknown }>('Runtime.evaluate', {
      expression: '6 * 7',
    })
    expect(result).toMatchObject({ value: 42 })
    await client.close()
  }
})

test.skipIf(python === undefined)('it is found by nobody who was not told its path', async () => {
  const wrong = `${prefix().slice(0, -1)}${prefix().endsWith('A') ? 'B' : 'A'}`
  for (const path of [
    '/',
    '/json/version',
    '/json',
    '/cdp',
    '/cdp/',
    wrong,
    `${wrong}/json/list`,
  ]) {
    expect(await get(path)).toMatchObject({ status: 404 })
  }
  const origin = new URL(cdpUrl).origin
  for (const path of ['', '/cdp/', wrong, `${prefix()}/devtools/browser/1`]) {
    expect(await RawClient.refusal(origin + path)).toMatchObject({ status: 404 })
  }
  // A name that a page had resolved to this machine.
  for (const host of ['rebound.example', '127.0.0.1.rebound.example']) {
    expect(await get(`${prefix()}/json/version`, host)).toMatchObject({ status: 404 })
  }
  expect(await get(`${prefix()}/json/version`, 'localhost:9222')).toMatchObject({ status: 200 })
})

test.skipIf(python === undefined)(
  'what is no message of the protocol ends the connection',
  async () => {
    const client = await RawClient.connect(cdpUrl)
    client.webSocket.send('not JSON')
    expect((await client.closed).code).toBe(1007)
  },
)

test.skipIf(python === undefined)('it takes a bounded number of connections', async () => {
  const clients: RawClient[] = []
  await expect(
    (async () => {
      for (let number = 0; number < 100; number += 1) clients.push(await RawClient.connect(cdpUrl))
    })(),
  ).rejects.toThrow(/socket hang up|ECONNRESET/)
  expect(clients.length).toBeGreaterThan(30)
  for (const client of clients) await client.close()
  expect(await run('print(await page.evaluate("6 * 7"))')).toMatchObject({ result: '42' })
})

test.skipIf(python === undefined)(
  'it ends with its kernel, and with it all who used it',
  async () => {
    const client = await RawClient.connect(cdpUrl)
    const page = await client.attach()
    await client.send('Runtime.evaluate', { expression: 'var left = 0' }, page)
    const busy = client.send('Runtime.evaluate', { expression: 'while (true) {}' }, page)
    busy.catch(() => {})
    expect(await run('while True: pass', 1)).toMatchObject({ killed: true })
    await client.closed
    await expect(RawClient.connect(cdpUrl)).rejects.toThrow('ECONNREFUSED')
    // What it left busy in the page is no longer.
    expect(await run('print(await page.evaluate("left"))')).toMatchObject({ result: '0' })
  },
)
