import { once } from 'node:events'
import { Agent, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { allowing, EgressProxy, readRest } from './support/egress-proxy.ts'
import { siteForTest } from './support/http-site.ts'

const allowLoopback = { allow: allowing('127.0.0.1:*') }

/** A request through the proxy, as Node's client makes it. */
async function ask(
  proxy: EgressProxy,
  url: string,
  { body, ...options }: RequestOptions & { body?: string } = {},
): Promise<IncomingMessage> {
  const request = httpRequest({ ...options, host: '127.0.0.1', port: proxy.port, path: url })
  // Text would take the headers along as UTF-8.
  request.end(body === undefined ? undefined : Buffer.from(body))
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

describe('plain HTTP', () => {
  test('carries method, path, query, headers and body there, and the answer back', async () => {
    const site = await siteForTest(async (request, response) => {
      const seen = { method: request.method, url: request.url, headers: request.rawHeaders }
      response.writeHead(218, 'Very Fine', [
        ...['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'X-Odd-CASE', 'ü', 'Keep-Alive', 'timeout=9'],
        ...['Connection', 'X-Between, keep-alive', 'X-Between', 'us', 'Proxy-Authenticate', 'no'],
        ...['X-Tandem-Egress', 'refused; rule=forged'],
      ])
      response.end(Buffer.from(JSON.stringify({ ...seen, body: await text(request) })))
    })
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const response = await ask(proxy, `http://${site.authority}/a%20b/../c?d=%2F&e#f`, {
      method: 'PUT',
      headers: [
        ...['Host', 'another.example', 'X-Odd-CASE', 'ö', 'x-odd-case', 'two', 'Cookie', 'a=b'],
        ...['Connection', 'x-hop, close, host', 'X-Hop', 'mine', 'Keep-Alive', 'timeout=5'],
        ...['Proxy-Connection', 'keep-alive', 'Proxy-Authorization', 'Basic secret'],
        ...['TE', 'trailers', 'Upgrade', 'h2c', 'Content-Length', '4'],
      ],
      body: 'body',
    })
    expect([response.statusCode, response.statusMessage]).toEqual([218, 'Very Fine'])
    expect(response.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(response.rawHeaders).toEqual(expect.arrayContaining(['X-Odd-CASE', 'ü']))
    expect(Object.keys(response.headers)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/x-between|proxy-|x-tandem-egress/)]),
    )
    expect(JSON.parse(await text(response))).toEqual({
      method: 'PUT',
      url: '/a%20b/../c?d=%2F&e',
      headers: [
        ...['Host', site.authority, 'X-Odd-CASE', 'ö', 'x-odd-case', 'two', 'Cookie', 'a=b'],
        ...['Content-Length', '4', 'Connection', 'close'],
      ],
      body: 'body',
    })
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'OPTIONS'])(
    '%s without a body arrives without one',
    async (method) => {
      const site = await siteForTest(async (request, response) => {
        const { 'transfer-encoding': chunked, 'content-length': length = '0' } = request.headers
        response.end(`${request.method} ${request.url} ${chunked} ${length} ${await text(request)}`)
      })
      const proxy = await EgressProxy.forTest({ rules: allowLoopback })
      const { socket } = await proxy.send(
        `${method} http://${site.authority} HTTP/1.1\r\nConnection: close\r\n\r\n`,
      )
      const path = method === 'OPTIONS' ? '*' : '/'
      expect(await readRest(socket)).toContain(`${method} ${path} undefined 0 `)
    },
  )

  test('keeps a connection for the next request, also to another target', async () => {
    const one = await siteForTest((_request, response) => response.end('one'))
    const two = await siteForTest((_request, response) => response.end('two'))
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const socket = await proxy.connect()
    const received = readRest(socket)
    const get = (url: string, more = ''): string => `GET ${url} HTTP/1.1\r\n${more}\r\n`
    // All at once: the answers come in the order of the requests.
    socket.write(get(`http://${one.authority}/`) + get('http://10.0.0.1/'))
    socket.write(get(`http://${two.authority}/`, 'Connection: close\r\n'))
    const all = await received
    expect(all.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403', 'HTTP/1.1 200'])
    expect(all).toMatch(/one[^]*private-address[^]*two/)
    expect(proxy.session.counters).toMatchObject({ total: 2, refused: 1 })
  })

  test('keeps its connection to a target for the next request of the same client', async () => {
    let connections = 0
    const site = await siteForTest((request, response) => {
      const { method, url, socket } = request
      // As a server does that has just found the connection idle for too long.
      if (url === '/stale' && connections === 4) socket.destroy()
      else response.end(`${method} ${url} on ${connections}, `)
    })
    const sockets: Socket[] = []
    site.server.on('connection', (socket: Socket) => (connections = sockets.push(socket)))
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const get = async (path: string, options: RequestOptions & { body?: string } = {}) =>
      text(await ask(proxy, `http://${site.authority}${path}`, { agent, ...options }))
    expect(await get('/a')).toBe('GET /a on 1, ')
    expect(await get('/b')).toBe('GET /b on 1, ')
    // What cannot be sent twice has a connection of its own.
    expect(await get('/c', { method: 'POST', body: 'c' })).toBe('POST /c on 2, ')
    expect(await get('/c', { method: 'DELETE' })).toBe('DELETE /c on 3, ')
    const headers = { 'content-length': 1 }
    expect(await get('/c', { body: 'c', headers })).toBe('GET /c on 4, ')
    expect(await get('/d')).toBe('GET /d on 4, ')
    expect(await get('/stale')).toBe('GET /stale on 5, ')
    expect(proxy.session.counters).toMatchObject({ clients: 1, open: 1, total: 5 })
    // Another client has another connection.
    expect(await get('/e', { agent: new Agent() })).toBe('GET /e on 6, ')
    // With the client its connection goes.
    const gone = once(sockets[4]!, 'close')
    agent.destroy()
    await gone
    await proxy.close()
    expect(proxy.session.counters).toMatchObject({ clients: 0, open: 0, total: 6 })
  })

  test('passes chunks and trailers on in both directions', async () => {
    const site = await siteForTest(async (request, response) => {
      const body = await text(request)
      response.write(`${request.headers['transfer-encoding']} ${body} `)
      response.addTrailers({ 'X-After': String(request.trailers['x-sum']) })
      response.end()
    })
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const { socket } = await proxy.send(
      `POST http://${site.authority}/ HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n` +
        '3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 42\r\n\r\n',
    )
    const rest = await readRest(socket)
    expect(rest).toContain('chunked abcde')
    expect(rest).toMatch(/0\r\nX-After: 42\r\n\r\n$/)
  })

  test('trailers that are announced and cannot come', async () => {
    const site = await siteForTest((_request, response) => {
      response.socket?.end('HTTP/1.1 200 OK\r\nTrailer: X\r\nContent-Length: 4\r\n\r\nfine')
    })
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const { status, socket } = await proxy.get(`http://${site.authority}/`, 'Trailer: X\r\n')
    expect([status, await readRest(socket)]).toEqual([200, 'fine'])
  })

  test('leaves it to the target whether a body may come', async () => {
    const site = await siteForTest((_request, response) => response.end('without'))
    site.server.on('checkContinue', (request: IncomingMessage, response) => {
      if (request.url === '/no') {
        response.writeHead(417, { connection: 'close' }).end()
        return
      }
      response.writeContinue()
      void text(request).then((body) => response.end(`got ${body}`))
    })
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const head = (path: string): string =>
      `POST http://${site.authority}${path} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`
    const answer = await proxy.send(head('/yes'))
    expect(answer.status).toBe(100)
    answer.socket.write('body')
    const [rest] = (await once(answer.socket, 'data')) as [Buffer]
    expect(rest.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    answer.socket.destroy()
    expect((await proxy.send(head('/no'))).status).toBe(417)
    // Nothing that would be refused is asked for its body.
    const refused = await proxy.send(
      'POST http://10.0.0.1/ HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n',
    )
    expect(refused.status).toBe(403)
    await once(refused.socket.resume(), 'close')
  })

  test('answers that have no body, or no length', async () => {
    const site = await siteForTest((request, response) => {
      if (request.url === '/head') response.setHeader('content-length', 1_000)
      if (request.url === '/204') response.statusCode = 204
      if (request.url === '/304') response.writeHead(304, { etag: '"x"', 'content-length': 7 })
      if (request.url === '/until-close') {
        response.socket?.end('HTTP/1.1 200 OK\r\n\r\nuntil the end')
        return
      }
      response.end()
    })
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const url = (path: string): string => `http://${site.authority}${path}`
    const head = await ask(proxy, url('/head'), { method: 'HEAD' })
    expect([head.statusCode, head.headers['content-length']]).toEqual([200, '1000'])
    expect(await text(head)).toBe('')
    for (const status of [204, 304]) {
      const response = await ask(proxy, url(`/${status}`))
      expect([response.statusCode, await text(response)]).toEqual([status, ''])
    }
    const open = await ask(proxy, url('/until-close'))
    expect([open.headers['transfer-encoding'], await text(open)]).toEqual([
      'chunked',
      'until the end',
    ])
    // HTTP/1.0 knows no chunks.
    const { socket, headers } = await proxy.send(`GET ${url('/until-close')} HTTP/1.0\r\n\r\n`)
    expect(headers.get('transfer-encoding')).toBeUndefined()
    expect(headers.get('date')).toBeUndefined()
    expect(await readRest(socket)).toBe('until the end')
  })

  test('an answer that comes before the request is whole', async () => {
    const site = await siteForTest((_request, response) => response.writeHead(413).end('too much'))
    const connected = once(site.server, 'connection')
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const socket = await proxy.connect()
    socket.write(`POST http://${site.authority}/ HTTP/1.1\r\nContent-Length: 999999999\r\n\r\npart`)
    const [upstream] = (await connected) as [Socket]
    const gone = once(upstream, 'close')
    expect(await readRest(socket)).toMatch(/^HTTP\/1\.1 413 [^]*too much/)
    await gone
  })

  test('hands a redirect to the client, who has to ask again', async () => {
    const site = await siteForTest((_request, response) => {
      response.writeHead(302, { location: 'http://127.0.0.2:1/' }).end()
    })
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const { headers, status } = await proxy.get(`http://${site.authority}/`)
    expect(status).toBe(302)
    expect((await proxy.get(headers.get('location') ?? '')).status).toBe(403)
  })

  test('a WebSocket', async () => {
    const site = await siteForTest((_request, response) => response.end())
    site.server.on('upgrade', (request: IncomingMessage, socket) => {
      if (request.url !== '/echo')
        return socket.end('HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nnone')
      const key = request.headers['sec-websocket-key']
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Key: ${key}\r\n\r\nhello `,
      )
      return socket.pipe(socket)
    })
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n'
    const { socket, status, headers } = await proxy.send(
      `GET http://${site.authority}/echo HTTP/1.1\r\n${upgrade}early `,
    )
    expect([status, headers.get('x-key'), headers.get('upgrade')]).toEqual([101, 'k', 'websocket'])
    socket.end('late')
    expect(await readRest(socket)).toBe('hello early late')
    const no = await proxy.send(`GET http://${site.authority}/no HTTP/1.1\r\n${upgrade}`)
    expect([no.status, await readRest(no.socket)]).toEqual([403, 'none'])
  })
})

describe('tunnels', () => {
  /** Says what it got once the other side has said all. */
  async function afterwards(): Promise<string> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.write('first ')
      void text(socket).then((all) => socket.end(`then ${all}`))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test('stay open in one direction when the other is done', async () => {
    const target = await afterwards()
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const { socket, status } = await proxy.tunnel(target)
    expect(status).toBe(200)
    socket.end('x'.repeat(3_000_000))
    const all = await readRest(socket)
    expect(all.startsWith('first then xxx')).toBe(true)
    expect(all).toHaveLength('first then '.length + 3_000_000)
  })

  test('take what comes before they stand', async () => {
    const target = await afterwards()
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const { socket } = await proxy.send(`CONNECT ${target} HTTP/1.1\r\n\r\nearly`)
    socket.end()
    expect(await readRest(socket)).toBe('first then early')
  })

  test('count what goes through them, while they are open and after', async () => {
    const target = await afterwards()
    const proxy = await EgressProxy.forTest({ rules: allowLoopback })
    const { socket } = await proxy.tunnel(target)
    socket.write('123')
    await expect
      .poll(() => proxy.session.counters)
      .toEqual({
        ...{ clients: 1, open: 1, total: 1, refused: 0 },
        ...{ bytesSent: 3, bytesReceived: 'first '.length },
      })
    const all = readRest(socket)
    socket.end('45')
    expect(await all).toBe('first then 12345')
    await proxy.session.close()
    expect(proxy.session.counters).toEqual({
      ...{ clients: 0, open: 0, total: 1, refused: 0 },
      ...{ bytesSent: 5, bytesReceived: 'first then 12345'.length },
    })
  })
})
