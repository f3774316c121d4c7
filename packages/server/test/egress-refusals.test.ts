import { once } from 'node:events'
import { createServer, Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { describeRefusal, type EgressRefusal } from '../src/egress/problem.ts'
import { SystemNames } from '../src/egress/system-names.ts'
import { Canary } from './support/canary.ts'
import { allowing, dialingTo, EgressProxy, readRest } from './support/egress-proxy.ts'
import { siteForTest } from './support/http-site.ts'
import { type NameAnswer, NameServer } from './support/name-server.ts'

const publicAddress = '93.184.216.34'

/** Resolves by a name server of the test's own. */
async function namesForTest(
  answer: (name: string, count: number) => NameAnswer,
): Promise<SystemNames['resolve']> {
  const server = await NameServer.start(answer)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return new SystemNames({ nameServers: [server.address] }).resolve
}

/** A port of loopback on which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('a refusal', () => {
  test('says in its first line what the rule is and what would allow it', async () => {
    const proxy = await EgressProxy.forTest()
    for (const answer of [await proxy.tunnel('10.0.0.5:80'), await proxy.get('http://10.0.0.5/')]) {
      expect(answer).toMatchObject({
        status: 403,
        reason: 'Blocked by Tandem: private-address; to allow: TANDEM_EGRESS_ALLOW=10.0.0.5:80',
      })
      expect(answer.headers.get('x-tandem-egress')).toBe('refused; rule=private-address')
      expect(await readRest(answer.socket)).toBe(
        'Tandem does not let a session reach 10.0.0.5:80: 10.0.0.5 is a private address.\n' +
          'The operator of the server can allow it: TANDEM_EGRESS_ALLOW=10.0.0.5:80\n' +
          '(target: 10.0.0.5:80, rule: private-address)\n',
      )
    }
  })

  test('is a page for a browser, in which nothing of the target is markup', async () => {
    const proxy = await EgressProxy.forTest()
    const { headers, socket } = await proxy.get(
      'http://[fd00::5]/',
      'Accept: text/html,application/xhtml+xml\r\n',
    )
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    expect(headers.get('cache-control')).toBe('no-store')
    const page = await readRest(socket)
    expect(page).toContain('<title>Blocked by Tandem: [fd00::5]:80</title>')
    expect(page).toContain('<pre>TANDEM_EGRESS_ALLOW=[fd00::5]:80</pre>')
    const odd = await proxy.get('http://<script>\'&"/', 'Accept: text/html\r\n')
    expect(odd.status).toBe(400)
    expect(await readRest(odd.socket)).not.toContain('<script>')
  })

  test('ends the connection when a body is still to come', async () => {
    const proxy = await EgressProxy.forTest()
    const head = 'POST http://10.0.0.5/ HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n'
    const { headers, socket } = await proxy.send(`${head}part`)
    expect(headers.get('connection')).toBe('close')
    await once(socket.resume(), 'close')
  })

  test('does not tell what address is behind a name', async () => {
    const resolve = await namesForTest(() => ['10.11.12.13'])
    const proxy = await EgressProxy.forTest({ resolve })
    const { socket, reason } = await proxy.tunnel('intranet.example.test:443')
    const whole = reason + (await readRest(socket))
    expect(whole).toContain('TANDEM_EGRESS_ALLOW=intranet.example.test:443')
    expect(whole).toContain('intranet.example.test resolves to a private address.')
    expect(whole).not.toContain('10.11')
  })

  test('is kept, counted, told to listeners and logged, and can be asked for', async () => {
    const lines: unknown[] = []
    const log = {
      info: (fields: object, message: string): void => void lines.push({ ...fields, message }),
      warn: (fields: object, message: string): void => void lines.push({ ...fields, message }),
    }
    const proxy = await EgressProxy.forTest({ log }, { origin: 'python' })
    const told: EgressRefusal[] = []
    const stop = proxy.session.onRefusal((refusal) => told.push(refusal))
    await proxy.tunnel('user:hunter2@10.0.0.5:443')
    await proxy.tunnel('10.0.0.5:443')
    stop()
    await proxy.get('http://127.0.0.1/secret?token=hunter2')
    expect(told).toEqual([
      expect.objectContaining({
        ...{ kind: 'refused', origin: 'python', target: '10.0.0.5:443' },
        ...{ rule: 'private-address', time: expect.any(Date) },
      }),
    ])
    expect(proxy.session.refusals).toEqual([
      told[0],
      expect.objectContaining({ target: '127.0.0.1:80', rule: 'loopback-address' }),
    ])
    expect(proxy.session.counters.refused).toBe(2)
    expect(JSON.stringify(lines)).not.toContain('hunter2')
    expect(lines).toEqual([
      {
        ...{ sessionId: 'session', origin: 'python', target: '10.0.0.5:443' },
        ...{ rule: 'private-address', message: 'egress refused' },
      },
      expect.objectContaining({ target: '127.0.0.1:80' }),
    ])
    expect(proxy.session.problemOf('10.0.0.5')).toMatchObject({ rule: 'private-address' })
    expect(proxy.session.problemOf('10.0.0.5:80')).toBeUndefined()
    const explained = await proxy.get('http://egress.tandem.internal/refusal?target=10.0.0.5:443')
    expect(explained.status).toBe(200)
    expect(await readRest(explained.socket)).toContain(describeRefusal(told[0]!))
    const unknown = await proxy.get('http://egress.tandem.internal/refusal?target=10.0.0.6:443')
    expect(unknown.status).toBe(404)
    for (const path of [
      '',
      '/',
      '//[',
      '/?target=10.0.0.5',
      '?',
      '/refusal',
      '/refusal?target=%',
    ]) {
      expect((await proxy.get(`http://egress.tandem.internal${path}`)).status).toBe(404)
    }
  })

  test('does not fill the memory or the log', async () => {
    let lines = 0
    const log = { info: () => void (lines += 1), warn: () => void (lines += 1) }
    const proxy = await EgressProxy.forTest({ log })
    for (let last = 1; last <= 250; last += 1) {
      const { socket } = await proxy.tunnel(`10.0.0.${last}:443`)
      socket.destroy()
    }
    expect(proxy.session.counters.refused).toBe(250)
    expect(proxy.session.refusals.map(({ target }) => target)).toEqual(
      Array.from({ length: 100 }, (_, index) => `10.0.0.${151 + index}:443`),
    )
    expect(proxy.session.problemOf('10.0.0.1')).toBeUndefined()
    expect(lines).toBe(101)
  })

  test("of what Chromium wants for itself is nobody's concern", async () => {
    const { dial, dialled } = dialingTo(1)
    const options = { dial, resolve: async () => [publicAddress] }
    const browser = await EgressProxy.forTest(options, { origin: 'browser' })
    const { status, headers } = await browser.tunnel('update.googleapis.com:443')
    expect(status).toBe(403)
    expect(headers.get('x-tandem-egress')).toBe('refused; rule=browser-service')
    expect(browser.session.refusals).toEqual([])
    expect(browser.session.counters.refused).toBe(0)
    expect(dialled).toEqual([])
    // Code may have its reasons.
    const node = await EgressProxy.forTest(options)
    await node.tunnel('update.googleapis.com:443')
    expect(dialled).toEqual([`${publicAddress} 443`])
  })
})

describe('a request that is none for a proxy', () => {
  const requests: readonly [string, string, RegExp][] = [
    ['GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 'invalid-request', /http_proxy/],
    ['GET * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 'invalid-request', /HTTP/],
    ['GET https://example.com/ HTTP/1.1\r\n\r\n', 'unsupported-scheme', /CONNECT/],
    ['GET ftp://example.com/ HTTP/1.1\r\n\r\n', 'unsupported-scheme', /must be http/],
    ['GET file:///etc/passwd HTTP/1.1\r\n\r\n', 'unsupported-scheme', /must be http/],
    ['GET http:///path HTTP/1.1\r\n\r\n', 'invalid-target', /host:port/],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'invalid-request', /HTTP\/1\.1/],
    ['\u0005\u0001\u0000', 'invalid-request', /HTTP\/1\.1/],
    ['\u0016\u0003\u0001\u0002\u0000', 'invalid-request', /HTTP\/1\.1/],
    [`GET http://a/ HTTP/1.1\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, 'invalid-request', /too long/],
    [
      'GET http://10.0.0.1/ HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\n',
      'invalid-request',
      /body/,
    ],
  ]
  test.each(requests)('%j', async (request, rule, what) => {
    const proxy = await EgressProxy.forTest()
    const { status, headers, socket } = await proxy.send(request)
    expect([status, headers.get('x-tandem-egress')]).toEqual([400, `failed; rule=${rule}`])
    socket.end()
    expect(await readRest(socket)).toMatch(what)
    expect(proxy.session.counters).toMatchObject({ total: 0, refused: 0 })
  })
})

describe('a failure', () => {
  async function failing(
    proxy: EgressProxy,
    authority: string,
  ): Promise<{ status: number; told: string | undefined; body: string }> {
    const tunnel = await proxy.tunnel(authority)
    const plain = await proxy.get(`http://${authority}/`)
    expect(plain).toMatchObject({ status: tunnel.status, reason: tunnel.reason })
    const told = tunnel.headers.get('x-tandem-egress')
    expect(plain.headers.get('x-tandem-egress')).toBe(told)
    expect(proxy.session.refusals).toEqual([])
    expect(proxy.session.problemOf(authority)?.kind).toBe('failed')
    const body = await readRest(plain.socket)
    expect(await readRest(tunnel.socket)).toBe(body)
    return { status: tunnel.status, told, body }
  }

  test.each([
    ['unknown', 502, 'name-not-found', 'The name gone.example.test does not resolve.'],
    [[], 502, 'name-not-found', 'The name gone.example.test does not resolve.'],
    ['failure', 502, 'name-failure', 'gave no usable answer'],
    ['silence', 504, 'name-timeout', 'took too long'],
  ] as const)('to resolve: %j', async (answer, status, rule, what) => {
    const resolve = await namesForTest(() => answer)
    const proxy = await EgressProxy.forTest({ resolve, deadlines: { resolve: 1_000 } })
    const failed = await failing(proxy, 'gone.example.test:80')
    expect(failed).toMatchObject({ status, told: `failed; rule=${rule}` })
    expect(failed.body).toContain(what)
  })

  test('of a name with more addresses than can be checked', async () => {
    const many = Array.from({ length: 65 }, (_, index) => `93.184.216.${index}`)
    const { dial, dialled } = dialingTo(1)
    const proxy = await EgressProxy.forTest({ dial, resolve: async () => many })
    expect(await failing(proxy, 'many.example.test:80')).toMatchObject({ status: 502 })
    expect(dialled).toEqual([])
  })

  test('to connect', async () => {
    const authority = `127.0.0.1:${await deadPort()}`
    const proxy = await EgressProxy.forTest({ rules: { allow: allowing(authority) } })
    const refused = await failing(proxy, authority)
    expect(refused).toMatchObject({ status: 502, told: 'failed; rule=connection-refused' })
    expect(refused.body).toContain(`${authority} refused the connection.`)
  })

  test('to connect in time', async () => {
    const dialled: Socket[] = []
    const dial = (): Socket => {
      const socket = new Socket()
      dialled.push(socket)
      return socket
    }
    const proxy = await EgressProxy.forTest({ dial, deadlines: { connect: 100 } })
    const late = await failing(proxy, '93.184.216.34:80')
    expect(late).toMatchObject({ status: 504, told: 'failed; rule=connection-timeout' })
    expect(dialled.map((socket) => socket.destroyed)).toEqual([true, true])
  })

  test('to answer', async () => {
    const site = await siteForTest((request, response) => {
      if (request.url === '/invalid') response.socket?.end('SMTP ready\r\n\r\n')
      if (request.url === '/nothing') response.socket?.destroy()
      if (request.url === '/long') {
        response.socket?.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(300_000)}\r\n\r\n`)
      }
      if (request.url === '/switch')
        response.socket?.end('HTTP/1.1 101 OK\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')
    })
    const proxy = await EgressProxy.forTest({
      ...{ rules: { allow: allowing(site.authority) }, deadlines: { idle: 200 } },
    })
    const answers = {
      '/invalid': [502, 'failed; rule=invalid-answer'],
      '/long': [502, 'failed; rule=invalid-answer'],
      '/switch': [502, 'failed; rule=invalid-answer'],
      '/nothing': [502, 'failed; rule=connection-lost'],
      '/silence': [504, 'failed; rule=answer-timeout'],
    }
    for (const [path, expected] of Object.entries(answers)) {
      // The connection of the client has done nothing wrong, and goes on.
      const answer = await proxy.send(`GET http://${site.authority}${path} HTTP/1.1\r\n\r\n`)
      expect.soft([answer.status, answer.headers.get('x-tandem-egress')], path).toEqual(expected)
      answer.socket.write('GET http://10.0.0.1/ HTTP/1.1\r\nConnection: close\r\n\r\n')
      expect.soft(await readRest(answer.socket), path).toContain('HTTP/1.1 403 ')
    }
  })
})

test('a name that moves to loopback after the first look is refused', async () => {
  await using canary = await Canary.start()
  const resolve = await namesForTest((_name, count) =>
    count === 0 ? [publicAddress] : ['127.0.0.1', '::1'],
  )
  const site = await siteForTest((_request, response) => {
    response.setHeader('connection', 'close').end('public')
  })
  const { dial, dialled } = dialingTo(site.port)
  const proxy = await EgressProxy.forTest({ resolve, dial })
  const socket = await proxy.connect()
  const url = `http://rebinding.example.test:${canary.port}/`
  const received = readRest(socket)
  // On one connection, as a page would do it.
  socket.write(`GET ${url} HTTP/1.1\r\n\r\n`)
  await once(site.server, 'request')
  socket.write(`GET ${url} HTTP/1.1\r\nConnection: close\r\n\r\n`)
  const all = await received
  expect(all).toMatch(
    /^HTTP\/1\.1 200 [^]*public[^]*HTTP\/1\.1 403 Blocked by Tandem: loopback-address/,
  )
  expect((await proxy.tunnel(`rebinding.example.test:${canary.port}`)).status).toBe(403)
  expect(dialled).toEqual([`${publicAddress} ${canary.port}`])
  expect(canary.visits).toBe(0)
})
