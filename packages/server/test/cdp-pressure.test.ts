import { connect as connectSocket } from 'node:net'
import { once } from 'node:events'
import type { CreateSessionResponse } from '@tandem-browser/core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let session: CreateSessionResponse

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(() => server.close())

beforeEach(async () => {
  session = await server.createSession()
  return async () => {
    await server.api('DELETE', `/v2/interact/${session.id}`)
  }
})

test('a client that does not read is cut off while the others go on', async () => {
  const greedy = await RawClient.connect(session.cdpUrl)
  const page = await greedy.attach()
  const browser = await chromium.connectOverCDP(session.cdpUrl, { noDefaults: true })
  const shared = browser.contexts()[0]?.pages()[0]
  greedy.webSocket.pause()
  // Together more than the server keeps for one client and the sockets hold.
  for (let id = 1_000; id < 1_018; id += 1) {
    const expression = `'x'.repeat(5_000_000)`
    greedy.write({ id, method: 'Runtime.evaluate', sessionId: page, params: { expression } })
  }
  for (let round = 0; round < 20; round += 1) {
    expect(await shared?.evaluate(`'${round}'`)).toBe(`${round}`)
  }
  // Its sessions are gone before it notices anything, and with them what it had open.
  greedy.webSocket.resume()
  expect((await greedy.closed).code).toBe(1006)
  expect(greedy.received.length).toBeLessThan(20)
  expect(await shared?.evaluate('6 * 7')).toBe(42)
  await browser.close()
})

test('a large answer is the client’s own: its id, its session, and every letter', async () => {
  const whole = await RawClient.connect(session.cdpUrl)
  const target = (await whole.pages())[0]?.targetId as string
  const page = await whole.attach(target)
  const single = await RawClient.connect(session.cdpUrl.replace('?', `/devtools/page/${target}?`))
  const value = 'é"\\,"sessionId":"0123"}'.repeat(10_000)
  const params = { expression: `${JSON.stringify('é"\\,"sessionId":"0123"}')}.repeat(10_000)` }
  for (const [client, sessionId] of [
    [whole, { sessionId: page }],
    [single, {}],
  ] as const) {
    for (const id of [0, 7, 12_345, 2_147_483_647]) {
      const answer = client.next((message) => message.id === id)
      client.write({ id, method: 'Runtime.evaluate', params, ...sessionId })
      expect(await answer).toEqual({
        id,
        result: { result: { type: 'string', value } },
        ...sessionId,
      })
    }
  }
  await Promise.all([whole.close(), single.close()])
})

test('a command of many megabytes arrives whole', async () => {
  const client = await RawClient.connect(session.cdpUrl)
  const page = await client.attach()
  const text = 'x'.repeat(8 * 1024 * 1024)
  expect(await client.evaluate(`'${text}'.length`, page)).toBe(text.length)
  await client.close()
})

test('a command larger than the browser takes is refused; the session goes on', async () => {
  const [client, other] = await Promise.all([
    RawClient.connect(session.cdpUrl),
    RawClient.connect(session.cdpUrl),
  ])
  // Small on its way here: it grows when it is written out again.
  const numbers = Array.from({ length: 4_800_000 }, () => '1e20').join(',')
  const refusal = client.next(({ id }) => id === 7)
  client.write(`{"id":7,"method":"Runtime.evaluate","params":{"numbers":[${numbers}]}}`)
  expect((await refusal).error?.message).toContain('larger than the 96 MB')
  expect(await client.pages()).toHaveLength(1)
  expect(await other.pages()).toHaveLength(1)
  await Promise.all([client.close(), other.close()])
})

test('a command that is nested beyond measure is refused, and ends nothing', async () => {
  const client = await RawClient.connect(session.cdpUrl)
  const nested = '['.repeat(100_000) + ']'.repeat(100_000)
  const refusal = client.next(({ id }) => id === 7)
  client.write(`{"id":7,"method":"Browser.getVersion","params":{"nested":${nested}}}`)
  expect((await refusal).error?.message).toContain('nested too deeply')
  expect(await client.pages()).toHaveLength(1)
  await client.close()
})

test('a frame that announces more than the server takes ends its connection at once', async () => {
  const { hostname, port, pathname, search } = new URL(session.cdpUrl)
  const socket = connectSocket(Number(port), hostname)
  socket.write(
    `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 101 /)
  // One masked text frame of 1 TB.
  const head = Buffer.alloc(14)
  head[0] = 0x81
  head[1] = 0xff
  head.writeBigUInt64BE(1_000_000_000_000n, 2)
  socket.write(head)
  const [close] = (await once(socket, 'data')) as [Buffer]
  expect([close[0], close.readUInt16BE(2)]).toEqual([0x88, 1009])
  socket.destroy()
  const other = await RawClient.connect(session.cdpUrl)
  expect(await other.pages()).toHaveLength(1)
  await other.close()
})

test('clients are disconnected when the session ends, also in the middle of a command', async () => {
  const [idle, busy] = await Promise.all([
    RawClient.connect(session.cdpUrl),
    RawClient.connect(session.cdpUrl),
  ])
  const browser = await chromium.connectOverCDP(session.cdpUrl)
  const disconnected = new Promise((resolve) => browser.once('disconnected', resolve))
  const page = await busy.attach()
  const never = { expression: 'new Promise(() => {})', awaitPromise: true }
  busy.write({ id: 99, method: 'Runtime.evaluate', params: never, sessionId: page })
  const [{ status }] = await Promise.all([
    server.api('DELETE', `/v2/interact/${session.id}`),
    disconnected,
  ])
  expect(status).toBe(200)
  const end = { code: 1000, reason: 'The browser is gone.' }
  expect(await Promise.all([idle.closed, busy.closed])).toEqual([end, end])
})

test('clients that connect while the session is being deleted are let go, one way or another', async () => {
  const arrivals = Array.from({ length: 20 }, async () => {
    try {
      const client = await RawClient.connect(session.cdpUrl)
      return (await client.closed).code
    } catch (error) {
      return (error as Error).message
    }
  })
  const { status } = await server.api('DELETE', `/v2/interact/${session.id}`)
  const late = await RawClient.refusal(session.cdpUrl)
  expect([status, late.status]).toEqual([200, 410])
  for (const outcome of await Promise.all(arrivals)) {
    expect([1000, 1011, 'Unexpected server response: 410']).toContain(outcome)
  }
})
