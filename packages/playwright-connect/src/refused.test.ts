import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { expectNoSecret, rejection } from '../test/rejection.ts'
import { connect, ConnectError, ConnectTimeoutError } from './index.ts'

const SECRET = 'tok-5f0c1d9a7be2'

/** Answers the upgrade request as the test says. */
let answerUpgrade: (socket: Duplex, path: string) => void
let server: Server
let origin: string

beforeEach(async () => {
  server = createServer((request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ success: false, error: `Not found: ${request.url}` }))
  })
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {})
    // Only a socket that is read notices that the other side has gone.
    socket.on('end', () => socket.end()).resume()
    answerUpgrade(socket, request.url ?? '')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
})

const cdpUrl = () => `ws://${origin}/cdp/0190a1b2?token=${SECRET}`

function refuse(status: number, body: string): typeof answerUpgrade {
  return (socket) =>
    socket.end(
      `HTTP/1.1 ${status} Some Reason\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
}

describe('a refused upgrade', () => {
  it.each([
    [400, /does not understand/],
    [401, /token of the cdpUrl is missing, wrong or no longer valid/],
    [403, /may not be used/],
    [404, /no such session/],
    [410, /session has ended/],
    [418, /refused the connection \(418\)/],
    [429, /too many connections/],
    [500, /failed to open the connection \(500\)/],
    [502, /cannot reach the browser/],
    [503, /cannot serve the session at the moment/],
    [504, /did not answer it in time/],
    [200, /status 200 instead of opening a WebSocket/],
  ])(
    'with status %i is a ConnectError with that status and a sentence',
    async (status, sentence) => {
      answerUpgrade = (socket, path) =>
        refuse(status, JSON.stringify({ success: false, error: `Refused ${path}`, url: cdpUrl() }))(
          socket,
          path,
        )
      const error = await rejection(connect({ cdpUrl: cdpUrl() }))
      expect(error).toBeInstanceOf(ConnectError)
      expect(error).toMatchObject({ name: 'ConnectError', status, code: undefined })
      expect((error as ConnectError).message).toMatch(sentence)
      expectNoSecret(error, SECRET, '0190a1b2')
    },
  )

  it('is told from a body that speaks of other statuses', async () => {
    answerUpgrade = refuse(
      410,
      `WebSocket error: ws://x/ 404 Not Found\nbrowserType.connectOverCDP: Timeout 5ms exceeded\n` +
        `<ws connected> ${SECRET}`,
    )
    const error = await rejection(connect({ cdpUrl: cdpUrl() }))
    expect(error).toMatchObject({ name: 'ConnectError', status: 410 })
    expectNoSecret(error, SECRET)
  })

  it('without a body is understood', async () => {
    answerUpgrade = refuse(401, '')
    expect(await rejection(connect({ cdpUrl: cdpUrl() }))).toMatchObject({ status: 401 })
  })

  it('of the HTTP form of the address does not show the token, as Playwright does', async () => {
    const error = await rejection(
      connect({ cdpUrl: `http://${origin}/cdp/0190a1b2?token=${SECRET}` }),
    )
    expect(error).toMatchObject({ name: 'ConnectError', status: 404 })
    expectNoSecret(error, SECRET, '0190a1b2')
  })

  it('does not show a password in the address or a header', async () => {
    answerUpgrade = refuse(401, '{}')
    const error = await rejection(
      connect(
        { cdpUrl: `ws://user:${SECRET}@${origin}/cdp` },
        { headers: { authorization: `Bearer ${SECRET}` } },
      ),
    )
    expect(error).toMatchObject({ status: 401 })
    expectNoSecret(error, SECRET)
  })

  it('by a redirect that leads nowhere does not show the token', async () => {
    answerUpgrade = (socket, path) =>
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${path}\r\nContent-Length: 0\r\n\r\n`)
    const error = await rejection(connect({ cdpUrl: cdpUrl() }))
    expect(error).toBeInstanceOf(ConnectError)
    expectNoSecret(error, SECRET)
  })
})

describe('a server that cannot be talked to', () => {
  it('nothing listens', async () => {
    const closed = createTcpServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    await once(closed, 'close')
    const error = await rejection(connect(`ws://127.0.0.1:${port}/cdp?token=${SECRET}`))
    expect(error).toMatchObject({ name: 'ConnectError', status: undefined, code: 'ECONNREFUSED' })
    expect((error as Error).message).toContain('Nothing listens')
    expectNoSecret(error, SECRET)
  })

  it('hangs up', async () => {
    answerUpgrade = (socket) => socket.destroy()
    const error = await rejection(connect({ cdpUrl: cdpUrl() }))
    expect(error).toMatchObject({ name: 'ConnectError', status: undefined, code: 'ECONNRESET' })
    expectNoSecret(error, SECRET)
  })

  it('does not speak TLS', async () => {
    const error = await rejection(connect({ cdpUrl: cdpUrl().replace('ws:', 'wss:') }))
    expect(error).toMatchObject({ name: 'ConnectError', code: 'EPROTO' })
    expectNoSecret(error, SECRET)
  })

  it('answers the handshake wrongly', async () => {
    answerUpgrade = (socket) =>
      socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Accept: d3Jvbmc=\r\n\r\n',
      )
    const error = await rejection(connect({ cdpUrl: cdpUrl() }))
    expect(error).toBeInstanceOf(ConnectError)
    expect((error as Error).message).toContain('does not speak the Chrome DevTools Protocol')
    expectNoSecret(error, SECRET)
  })

  it('never answers the upgrade: the deadline ends it and frees the socket', async () => {
    let freed: Promise<unknown> = Promise.reject(new Error('The server was not asked.'))
    freed.catch(() => {})
    answerUpgrade = (socket) => {
      freed = once(socket, 'close')
    }
    const start = performance.now()
    const error = await rejection(connect({ cdpUrl: cdpUrl() }, { timeout: 300 }))
    expect(performance.now() - start).toBeLessThan(5_000)
    expect(error).toBeInstanceOf(ConnectTimeoutError)
    expect(error).toBeInstanceOf(ConnectError)
    expect(error).toMatchObject({ name: 'ConnectTimeoutError', timeout: 300, phase: 'socket' })
    expect((error as Error).message).toContain('did not answer the connection within 300 ms')
    expectNoSecret(error, SECRET)
    await freed
  })

  it('never ends its refusal: the deadline ends it and frees the socket', async () => {
    let freed: Promise<unknown> = Promise.reject(new Error('The server was not asked.'))
    freed.catch(() => {})
    answerUpgrade = (socket) => {
      freed = once(socket, 'close')
      socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\n{"error":')
    }
    const error = await rejection(connect({ cdpUrl: cdpUrl() }, { timeout: 300 }))
    expect(error).toMatchObject({ name: 'ConnectTimeoutError', phase: 'socket' })
    await freed
  })
})
