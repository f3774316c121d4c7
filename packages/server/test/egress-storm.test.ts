import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { allowing, EgressProxy, readRest } from './support/egress-proxy.ts'

const methods = [
  'GET',
  'GET',
  'POST',
  'HEAD',
  'OPTIONS',
  'DELETE',
  'CONNECT',
  'TRACE',
  'QUERY',
  'FOO',
]
const headers = [
  ...['Host: a', 'Host: ', 'Content-Length: 3', 'Content-Length: 0', 'Content-Length: -1'],
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip', 'Expect: 100-continue', 'Expect: x'],
  ...['Connection: close', 'Connection: Upgrade\r\nUpgrade: websocket', 'Upgrade: websocket'],
  ...['Connection: upgrade\r\nUpgrade: h2c', 'Connection: host, content-length', 'Trailer: X'],
  ...[
    'TE: trailers',
    'Keep-Alive: x',
    'X: \u00e9',
    'X-\u00e9: x',
    'X: \u0001',
    'Accept: text/html',
  ],
]
const bodies = ['', '', 'abc', '3\r\nabc\r\n0\r\n\r\n', '3\r\nabc\r\n0\r\nX: y\r\n\r\n', 'zz\r\n']
const answers = [
  'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
  'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTrailer: X\r\n\r\nabc',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n3\r\nabc\r\nzz\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nabc',
  'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 204 No\r\n\r\n',
  'HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nabc',
  'HTTP/1.1 101 S\r\n\r\n',
  'HTTP/1.1 200 \u00ff\u0001\r\nX: \u0001\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\n',
  'HTTP/1.1 304 NM\r\nContent-Length: 10\r\n\r\n',
  'HTTP/1.1 000 a\r\n\r\n',
  'HTTP/1.1 999 a\r\n\r\n',
  'HTTP/1.0 200 OK\r\n\r\nabc',
  '\u0000\u0001\u0002',
  '',
]

/** The same numbers in every run (a linear congruential generator), so that a failure is likely to come again. */
class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff
    // The low bits hardly change.
    return (this.#state >> 8) % limit
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}

/** Answers whatever it gets with something, whole or not, and ends somehow. */
async function unreliableSite(dice: Dice): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => {
      const answer = Buffer.from(dice.pick(answers), 'latin1')
      const ending = dice.below(10)
      if (ending === 0) socket.resetAndDestroy()
      else socket.write(ending < 3 ? answer.subarray(0, dice.below(answer.length + 1)) : answer)
      if (ending < 7) socket.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a storm of broken requests and answers ends nothing but itself', async () => {
  const dice = new Dice(20_261_121)
  const site = await unreliableSite(dice)
  const defects: unknown[] = []
  const proxy = await EgressProxy.forTest({
    rules: { allow: allowing('127.0.0.1:*') },
    // Whoever waits for what never comes shall not wait for long.
    deadlines: { request: 300, idle: 300 },
    resolve: async () => dice.pick([[], ['127.0.0.1'], ['10.0.0.1']]),
    log: {
      info: () => {},
      warn: (fields, message) => void (message === 'egress failed' && defects.push(fields)),
    },
  })

  const request = (): string => {
    const method = dice.pick(methods)
    const authorities = [
      site,
      site,
      site,
      'a.test:80',
      '10.0.0.1:80',
      '[::1',
      'egress.tandem.internal',
    ]
    const authority = dice.pick(authorities)
    const path = dice.pick(['', '/', '//[', '/?a', '*', '?%', '/refusal?target=a.test:80'])
    const url =
      method === 'CONNECT'
        ? authority
        : `${dice.pick(['http', 'http', 'https'])}://${authority}${path}`
    const lines = Array.from({ length: dice.below(4) }, () => `${dice.pick(headers)}\r\n`)
    const version = dice.pick(['1.1', '1.1', '1.1', '1.0', '3.0'])
    return `${method} ${url} HTTP/${version}\r\n${lines.join('')}\r\n${dice.pick(bodies)}`
  }
  const client = async (): Promise<void> => {
    const socket: Socket = await proxy.connect()
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const requests = Array.from({ length: 1 + dice.below(3) }, request)
    socket.resume().write(Buffer.from(requests.join(''), 'latin1'))
    const ending = dice.below(10)
    if (ending < 2) socket.end()
    else if (ending === 2) socket.destroy()
    else if (ending === 3) setImmediate(() => socket.resetAndDestroy())
    await closed
  }
  for (let round = 0; round < 12; round += 1) {
    await Promise.all(Array.from({ length: 60 }, client))
  }

  expect(defects).toEqual([])
  const after = await proxy.get('http://10.0.0.1/')
  expect(after.status).toBe(403)
  await readRest(after.socket)
  await proxy.close()
  expect(proxy.session.counters).toMatchObject({ clients: 0, open: 0 })
  expect(proxy.session.counters.total).toBeGreaterThan(100)
})
