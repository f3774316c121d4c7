import { type EventEmitter, once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EgressGateway } from '../src/egress/gateway.ts'
import { allowing, EgressProxy, readRest } from './support/egress-proxy.ts'
import { siteForTest } from './support/http-site.ts'

const rules = { allow: allowing('127.0.0.1:*') }
const megabyte = Buffer.alloc(1024 * 1024, 'x')

async function tcpForTest(
  serve: (socket: Socket) => void,
): Promise<{ server: Server; authority: string }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { server, authority: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Takes what comes and says nothing. */
function listening(socket: Socket): void {
  socket.resume().once('end', () => socket.end())
}

/** Settles when it is closed, with an error or without. */
function closed(stream: EventEmitter): Promise<void> {
  return new Promise((resolve) => stream.once('close', resolve))
}

/** Settles when small exchanges through the proxy have gone round often enough for anything to move. */
async function others(proxy: EgressProxy): Promise<void> {
  const site = await siteForTest((_request, response) => response.end('small'))
  for (let round = 0; round < 12; round += 1) {
    const { socket } = await proxy.get(`http://${site.authority}/`)
    await readRest(socket)
  }
}

describe('who does not read', () => {
  /** Megabytes; the buffers of the system's own sockets hold a few of them. */
  const total = 40

  /** Writes as fast as it is let, and counts the megabytes that were let through. */
  async function pour(stream: Writable, count: { megabytes: number }): Promise<void> {
    while (count.megabytes < total) {
      count.megabytes += 1
      if (!stream.write(megabyte)) await once(stream, 'drain')
    }
  }

  test('a tunnel holds back the target, and nothing is lost', async () => {
    const count = { megabytes: 0 }
    const { authority } = await tcpForTest((socket) => {
      void pour(socket, count).then(() => socket.end())
    })
    const proxy = await EgressProxy.forTest({ rules })
    const { socket } = await proxy.tunnel(authority)
    await others(proxy)
    expect(count.megabytes).toBeLessThan(total / 2)
    let length = 0
    for await (const chunk of socket) length += (chunk as Buffer).length
    expect(length).toBe(total * megabyte.length)
  })

  test('a tunnel keeps what is left, when both sides have said all', async () => {
    const count = { megabytes: 0 }
    const { authority } = await tcpForTest((socket) => {
      socket.resume().once('end', () => void pour(socket, count).then(() => socket.end()))
    })
    const proxy = await EgressProxy.forTest({ rules })
    const { socket } = await proxy.tunnel(authority)
    socket.end()
    await others(proxy)
    let length = 0
    for await (const chunk of socket) length += (chunk as Buffer).length
    expect(length).toBe(total * megabyte.length)
  })

  test('a tunnel holds back the client', async () => {
    const count = { megabytes: 0 }
    const { authority, server } = await tcpForTest((socket) => socket.pause())
    const connected = once(server, 'connection')
    const proxy = await EgressProxy.forTest({ rules })
    const { socket } = await proxy.tunnel(authority)
    const [target] = (await connected) as [Socket]
    void pour(socket, count).then(() => socket.end())
    await others(proxy)
    expect(count.megabytes).toBeLessThan(total / 2)
    let length = 0
    for await (const chunk of target) length += (chunk as Buffer).length
    expect(length).toBe(total * megabyte.length)
  })

  test('plain HTTP holds back the target', async () => {
    const count = { megabytes: 0 }
    const site = await siteForTest((_request, response) => {
      response.writeHead(200, { 'content-length': total * megabyte.length }).flushHeaders()
      void pour(response, count).then(() => response.end())
    })
    const proxy = await EgressProxy.forTest({ rules })
    const { socket } = await proxy.get(`http://${site.authority}/`)
    await others(proxy)
    expect(count.megabytes).toBeLessThan(total / 2)
    let length = 0
    for await (const chunk of socket) length += (chunk as Buffer).length
    expect(length).toBe(total * megabyte.length)
  })

  test('plain HTTP holds back the client', async () => {
    const count = { megabytes: 0 }
    let length = 0
    const go = Promise.withResolvers<void>()
    const site = await siteForTest(async (request, response) => {
      await go.promise
      for await (const chunk of request) length += (chunk as Buffer).length
      response.end('thanks')
    })
    const proxy = await EgressProxy.forTest({ rules })
    const socket = await proxy.connect()
    const head = `POST http://${site.authority}/ HTTP/1.1\r\nConnection: close\r\n`
    socket.write(`${head}Content-Length: ${total * megabyte.length}\r\n\r\n`)
    void pour(socket, count)
    await once(site.server, 'request')
    await others(proxy)
    expect(count.megabytes).toBeLessThan(total / 2)
    go.resolve()
    expect(await readRest(socket)).toContain('thanks')
    expect(length).toBe(total * megabyte.length)
  })
})

describe('who goes away', () => {
  test('a client, from its tunnel', async () => {
    const { authority, server } = await tcpForTest(listening)
    const connected = once(server, 'connection')
    const proxy = await EgressProxy.forTest({ rules })
    const { socket } = await proxy.tunnel(authority)
    const [target] = (await connected) as [Socket]
    socket.resetAndDestroy()
    await closed(target)
    await proxy.close()
    expect(proxy.session.counters).toMatchObject({ clients: 0, open: 0, total: 1 })
  })

  test('a target, from its tunnel', async () => {
    const { authority, server } = await tcpForTest((socket) => socket.write('part'))
    const connected = once(server, 'connection')
    const proxy = await EgressProxy.forTest({ rules })
    const { socket } = await proxy.tunnel(authority)
    const [target] = (await connected) as [Socket]
    await once(socket, 'readable')
    target.resetAndDestroy()
    await closed(socket.resume())
  })

  test('a client, in the middle of an answer', async () => {
    const gone = Promise.withResolvers<void>()
    const site = await siteForTest((_request, response) => {
      response.write(megabyte)
      response.once('close', () => gone.resolve())
    })
    const proxy = await EgressProxy.forTest({ rules })
    const { socket } = await proxy.get(`http://${site.authority}/`)
    socket.destroy()
    await gone.promise
  })

  test('a client, in the middle of its own request', async () => {
    const site = await siteForTest((request) => request.resume())
    const proxy = await EgressProxy.forTest({ rules })
    const socket = await proxy.connect()
    const requested = once(site.server, 'request')
    socket.write(`POST http://${site.authority}/ HTTP/1.1\r\nContent-Length: 9\r\n\r\npart`)
    const [request] = (await requested) as [IncomingMessage]
    socket.destroy()
    await closed(request)
    expect(request.complete).toBe(false)
  })

  test.each(['content-length: 9\r\n\r\npart', 'transfer-encoding: chunked\r\n\r\n4\r\npart\r\n'])(
    'a target, in the middle of its answer with %j: it does not look whole',
    async (rest) => {
      const { authority } = await tcpForTest((socket) => {
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${rest}`))
      })
      const proxy = await EgressProxy.forTest({ rules })
      const { socket, headers, status } = await proxy.get(`http://${authority}/`)
      expect(status).toBe(200)
      const received = await readRest(socket).catch(() => 'cut')
      expect(received).not.toMatch(/0\r\n\r\n$/)
      if (headers.has('content-length')) expect(received.length).toBeLessThan(9)
    },
  )

  test('a client, before there is a connection', async () => {
    const asked = Promise.withResolvers<AbortSignal>()
    const resolve = (_name: string, signal: AbortSignal): Promise<readonly string[]> => {
      asked.resolve(signal)
      return new Promise(() => {})
    }
    const proxy = await EgressProxy.forTest({ resolve })
    const socket = await proxy.connect()
    socket.write('GET http://slow.example.test/ HTTP/1.1\r\n\r\n')
    const signal = await asked.promise
    socket.destroy()
    await once(signal, 'abort')
    expect(proxy.session.problemOf('slow.example.test:80')).toBeUndefined()
    expect(proxy.session.counters).toMatchObject({ open: 0, total: 0, refused: 0 })
  })
})

describe('bounds', () => {
  test('headers that never end', async () => {
    const proxy = await EgressProxy.forTest({ rules, deadlines: { request: 300 } })
    const socket = await proxy.connect()
    const ending = closed(socket.resume())
    socket.write('GET http://127.0.0.1/ HTTP/1.1\r\n')
    const drip = setInterval(() => socket.write('X: y\r\n'), 20)
    await ending
    clearInterval(drip)
  })

  test('headers that never end, after a request that did', async () => {
    const site = await siteForTest((_request, response) => response.end('small'))
    const proxy = await EgressProxy.forTest({ rules, deadlines: { request: 300 } })
    const { socket, status } = await proxy.send(`GET http://${site.authority}/ HTTP/1.1\r\n\r\n`)
    expect(status).toBe(200)
    const ending = closed(socket.resume())
    socket.write('GET http://127.0.0.1/ HTTP/1.1\r\n')
    const drip = setInterval(() => socket.write('X: y\r\n'), 20)
    await ending
    clearInterval(drip)
  })

  test('a tunnel in which nothing moves', async () => {
    const { authority, server } = await tcpForTest(listening)
    const connected = once(server, 'connection')
    const proxy = await EgressProxy.forTest({ rules, deadlines: { idle: 100 } })
    const { socket } = await proxy.tunnel(authority)
    const [target] = (await connected) as [Socket]
    await Promise.all([closed(socket.resume()), closed(target)])
  })

  test('connections at once', async () => {
    const { authority } = await tcpForTest(listening)
    const proxy = await EgressProxy.forTest({ rules, connectionLimit: 2 })
    const first = await proxy.tunnel(authority)
    const second = await proxy.tunnel(authority)
    const third = await proxy.tunnel(authority)
    expect([first.status, second.status, third.status]).toEqual([200, 200, 503])
    expect(third.headers.get('x-tandem-egress')).toBe('refused; rule=too-many-connections')
    expect(await readRest(third.socket)).toContain('2 connections')
    expect(proxy.session.counters).toMatchObject({ clients: 2, open: 2, refused: 1 })
    first.socket.end()
    await closed(first.socket.resume())
    expect((await proxy.tunnel(authority)).status).toBe(200)
  })

  test('requests sent ahead', async () => {
    const site = await siteForTest(() => {})
    const proxy = await EgressProxy.forTest({ rules })
    const socket = await proxy.connect()
    socket.write(`GET http://${site.authority}/ HTTP/1.1\r\n\r\n`.repeat(10_000))
    await closed(socket.resume())
    expect(proxy.session.counters.total).toBeLessThanOrEqual(8)
  })

  test('a tunnel is not begun behind an answer that is under way', async () => {
    const site = await siteForTest(() => {})
    const proxy = await EgressProxy.forTest({ rules })
    const socket = await proxy.connect()
    const target = `GET http://${site.authority}/ HTTP/1.1\r\n\r\n`
    socket.write(`${target}CONNECT ${site.authority} HTTP/1.1\r\n\r\n`)
    await closed(socket.resume())
  })
})

describe('sessions', () => {
  test('each have their own allowances, counters and end', async () => {
    const { authority } = await tcpForTest((socket) => socket.pipe(socket))
    const gateway = new EgressGateway()
    const one = await EgressProxy.forTest(gateway, { allow: allowing(authority) })
    const two = await EgressProxy.forTest(gateway, { origin: 'bash' })
    expect((await two.tunnel(authority)).status).toBe(403)
    const { socket } = await one.tunnel(authority)
    socket.write('ping')
    await once(socket, 'data')
    expect(one.session.counters).toEqual({
      ...{ clients: 1, open: 1, total: 1, bytesSent: 4, bytesReceived: 4, refused: 0 },
    })
    expect(two.session.counters).toMatchObject({ open: 0, total: 0, bytesSent: 0, refused: 1 })
    expect(one.session.problemOf(authority)).toBeUndefined()
    expect(gateway.counters).toMatchObject({ sessions: 2, open: 1, total: 1, refused: 1 })
    await two.close()
    expect(gateway.counters).toMatchObject({ sessions: 1, open: 1, refused: 0 })
    socket.write('pong')
    expect(String((await once(socket, 'data'))[0])).toBe('pong')
    const ending = closed(socket)
    await gateway.close()
    await ending
    expect(gateway.counters).toEqual({
      ...{ sessions: 0, clients: 0, open: 0, total: 0, bytesSent: 0, bytesReceived: 0, refused: 0 },
    })
  })

  test('leave no socket behind, whatever they were about', async () => {
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    const site = await siteForTest(() => {})
    const { authority } = await tcpForTest(listening)
    const before = sockets()
    const names = Promise.withResolvers<void>()
    const proxy = await EgressProxy.forTest({
      rules,
      resolve: () => {
        names.resolve()
        return new Promise(() => {})
      },
    })
    const clients = await Promise.all(Array.from({ length: 6 }, () => proxy.connect()))
    const [idle, waiting, tunnel, resolving, half] = clients
    waiting?.write(`GET http://${site.authority}/ HTTP/1.1\r\n\r\n`)
    tunnel?.write(`CONNECT ${authority} HTTP/1.1\r\n\r\n`)
    resolving?.write('CONNECT slow.example.test:443 HTTP/1.1\r\n\r\n')
    half?.write('GET http')
    await Promise.all([once(site.server, 'request'), once(tunnel!, 'readable'), names.promise])
    expect(proxy.session.counters).toMatchObject({ clients: 6, open: 2 })
    const endings = clients.map((client) => closed(client.resume()))
    await proxy.close()
    await Promise.all(endings)
    expect(idle?.destroyed).toBe(true)
    expect(proxy.session.counters).toMatchObject({ clients: 0, open: 0 })
    site.server.closeAllConnections()
    await new Promise((resolve) => setImmediate(resolve))
    // The far end of the tunnel hears of it last; it is the test's own.
    expect(sockets()).toBeLessThanOrEqual(before + 1)

    const late = await proxy.connect().catch(() => undefined)
    expect(late).toBeUndefined()
  })

  test('that have ended take no more connections', async () => {
    const proxy = await EgressProxy.forTest({ rules })
    await proxy.session.close()
    const socket = await proxy.connect()
    await closed(socket.resume())
    expect(proxy.session.counters.clients).toBe(0)
  })
})
