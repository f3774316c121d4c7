import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawClient } from './support/raw-client.ts'
import { rawRequest } from './support/raw-request.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(() => server.close())

const authorization = `Authorization: Bearer ${TestServer.keys[0]}`
const json = { headers: { 'content-type': 'application/json' } }
const envelope = { success: false, error: expect.stringMatching(/^[^{]+$/) }

test('a type without a body is a request without a body', async () => {
  const created = await server.api('POST', '/v2/interact', undefined, json)
  expect(created.status).toBe(200)
  const path = `/v2/browser/${String(created.body['id'])}`
  expect((await server.api('POST', `${path}/execute`, undefined, json)).body).toMatchObject({
    success: false,
    code: 'BAD_REQUEST',
  })
  expect((await server.api('DELETE', path, undefined, json)).status).toBe(200)
})

test.each([
  ['a port that there cannot be', 'Host: localhost:99999'],
  ['a path', 'Host: localhost/path'],
  ['nothing', 'Host:'],
])('a create whose Host header holds %s makes no session', async (_, host) => {
  const head = ['POST /v2/interact HTTP/1.1', host, authorization, 'Connection: close']
  const { status, body } = await rawRequest(server.url, head)
  expect(status).toBe(400)
  expect(body).toEqual({ ...envelope, error: expect.stringContaining('Host') })
  const { body: list } = await server.api('GET', '/v2/interact?status=active')
  expect(list).toMatchObject({ sessions: [] })
})

test('an address that cannot be decoded', async () => {
  const { status, headers, body } = await server.api('GET', '/v2/interact/%zz')
  expect(status).toBe(400)
  expect(body).toEqual(envelope)
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
})

test.each([
  ['no HTTP', 400, ['GET / HTTP/1.1', 'no header']],
  ['headers without an end', 431, ['GET / HTTP/1.1', `X: ${'x'.repeat(20_000)}`]],
])('what cannot be read: %s', async (_, expected, lines) => {
  const { status, head, body } = await rawRequest(server.url, lines)
  expect(status).toBe(expected)
  expect(body).toEqual(envelope)
  expect(head).toMatch(/^x-request-id: [0-9a-f-]{36}$/im)
})

test('a refused WebSocket has a request id as well', async () => {
  const { head, status } = await rawRequest(server.url, [
    'GET /elsewhere HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
  ])
  expect(status).toBe(404)
  expect(head).toMatch(/^x-request-id: [0-9a-f-]{36}$/im)
  const url = `${server.url.replace('http', 'ws')}/cdp/none`
  expect(await RawClient.refusal(url)).toMatchObject({ status: 404, body: { success: false } })
})
