import { domainToASCII } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { SystemNames } from '../src/egress/system-names.ts'
import { Canary } from './support/canary.ts'
import { allowing, dialingTo, EgressProxy, readRest } from './support/egress-proxy.ts'
import {
  type AllowedTarget,
  allowedTargets,
  type RefusedTarget,
  refusedTargets,
  unreadableTargets,
} from './support/egress-targets.ts'
import { LocalSite } from './support/local-site.ts'
import { NameServer } from './support/name-server.ts'

let canary: Canary
let names: NameServer
let site: LocalSite

beforeAll(async () => {
  const answers = new Map<string, readonly string[]>()
  for (const { host, answers: addresses } of [...refusedTargets, ...allowedTargets]) {
    if (addresses) answers.set(domainToASCII(decodeURI(host)).replace(/\.$/, ''), addresses)
  }
  canary = await Canary.start()
  names = await NameServer.start((name) => answers.get(name) ?? 'unknown')
  site = await LocalSite.start()
})

afterAll(async () => {
  await canary[Symbol.asyncDispose]()
  await names[Symbol.asyncDispose]()
  await site.close()
})

const resolve = (): SystemNames['resolve'] =>
  new SystemNames({ nameServers: [names.address] }).resolve

describe('refused', () => {
  const isPlain = (host: string): boolean => /^[\u0021-\u007e]*$/.test(host)
  /** Octets beyond ASCII have no place in a request; clients send what they read them as. */
  const ruleFor = ({ host, rule }: RefusedTarget): string =>
    isPlain(host) ? rule : 'invalid-request'

  test('are more than a hundred and twenty', () => {
    expect(new Set(refusedTargets.map(({ host, port }) => `${host} ${port}`)).size).toBeGreaterThan(
      120,
    )
  })

  test('whatever way they are asked for, and nothing is dialled', async () => {
    // Everything that gets past the rules would be seen by the canary.
    const { dial, dialled } = dialingTo(canary.port)
    const proxy = await EgressProxy.forTest({ resolve: resolve(), dial, connectionLimit: 1_000 })
    const wrong: string[] = []
    for (const target of refusedTargets) {
      const authority = `${target.host}:${target.port ?? canary.port}`
      const answers = await Promise.all([
        proxy.tunnel(authority),
        proxy.get(`http://${authority}/`),
        proxy.get(`http://${authority}/`, 'Upgrade: websocket\r\nConnection: Upgrade\r\n'),
      ])
      const rule = ruleFor(target)
      for (const { status, headers, reason, socket } of answers) {
        socket.destroy()
        const isRight = rule === 'invalid-request' ? status === 400 : status === 403
        const told = headers.get('x-tandem-egress')
        if (!isRight || !told?.endsWith(`; rule=${rule}`) || !reason.includes(rule)) {
          wrong.push(`${authority}: ${status} ${reason} ${told}, not ${rule}`)
        }
      }
    }
    expect(wrong).toEqual([])
    expect(dialled).toEqual([])
    expect(canary.visits).toBe(0)
  })

  test('in the form that a browser makes of them', async () => {
    const { dial, dialled } = dialingTo(canary.port)
    const proxy = await EgressProxy.forTest({ resolve: resolve(), dial, connectionLimit: 1_000 })
    const wrong: string[] = []
    for (const { host, port, rule } of refusedTargets) {
      const url = new URL(`http://${host}:${port ?? canary.port}/`)
      const { status, headers, socket } = await proxy.get(url.href)
      socket.destroy()
      if (status !== 403 || headers.get('x-tandem-egress') !== `refused; rule=${rule}`) {
        wrong.push(`${url.href}: ${status} ${headers.get('x-tandem-egress')}, not ${rule}`)
      }
    }
    expect(wrong).toEqual([])
    expect(dialled).toEqual([])
    expect(canary.visits).toBe(0)
  })

  test('with the real network behind the proxy, as far as it is on this machine', async () => {
    const proxy = await EgressProxy.forTest({ connectionLimit: 1_000 })
    const isHere = /^(loopback|unspecified|embedded)-address|^local-name/
    for (const { host, rule, answers } of refusedTargets) {
      if (answers || !isHere.test(rule)) continue
      const { socket, status } = await proxy.tunnel(`${host}:${canary.port}`)
      socket.destroy()
      expect.soft(status, host).not.toBe(200)
    }
    expect(canary.visits).toBe(0)
    expect(proxy.session.counters).toMatchObject({ total: 0, open: 0 })
  })

  test.each(unreadableTargets)('what is no target: %j', async (authority) => {
    const { dial, dialled } = dialingTo(canary.port)
    const proxy = await EgressProxy.forTest({ dial, resolve: async () => ['93.184.216.34'] })
    const bytes = (text: string): Buffer => Buffer.from(text, 'utf8')
    const answer = await proxy.send(bytes(`CONNECT ${authority} HTTP/1.1\r\n\r\n`))
    expect(answer.status).toBe(400)
    expect(answer.headers.get('x-tandem-egress')).toMatch(/^failed; rule=invalid-(target|request)$/)
    expect(await readRest(answer.socket)).not.toContain('secret')
    expect(dialled).toEqual([])
    expect(canary.visits).toBe(0)
  })
})

describe('allowed', () => {
  test('are more than thirty', () => {
    expect(allowedTargets.length).toBeGreaterThan(30)
  })

  async function proxyToSite(): Promise<{ proxy: EgressProxy; dialled: string[] }> {
    const { dial, dialled } = dialingTo(Number(new URL(site.url).port))
    return { dialled, proxy: await EgressProxy.forTest({ resolve: resolve(), dial }) }
  }

  test.each(allowedTargets)('$host port $port by CONNECT', async (target: AllowedTarget) => {
    const { proxy, dialled } = await proxyToSite()
    const { status, socket } = await proxy.tunnel(`${target.host}:${target.port}`)
    expect(status).toBe(200)
    socket.end('GET / HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n')
    expect(await readRest(socket)).toContain('<h1>Hello</h1>')
    expect(dialled).toEqual([`${target.dialled} ${target.port}`])
  })

  test.each(allowedTargets)('$host port $port over plain HTTP', async (target: AllowedTarget) => {
    const { proxy, dialled } = await proxyToSite()
    const { status, headers, socket } = await proxy.get(`http://${target.host}:${target.port}/`)
    expect(status).toBe(200)
    expect(headers.get('x-tandem-egress')).toBeUndefined()
    expect(await readRest(socket)).toContain('<h1>Hello</h1>')
    expect(dialled).toEqual([`${target.dialled} ${target.port}`])
  })

  test('loopback, for the operator who says so: by address, by family, by name', async () => {
    const { port } = canary
    const rules = { allow: allowing(`127.0.0.1:${port}`, `[::1]:*`, `localhost:${port}`) }
    const proxy = await EgressProxy.forTest({ rules, connectionLimit: 1_000 })
    const visits = canary.visits
    onTestFinished(() => void (canary.visits = visits))
    const hosts = ['127.0.0.1', '127.1', '0x7f000001', '[::1]', '[0::1]', 'localhost', 'LOCALHOST.']
    for (const host of hosts) {
      const { status, socket } = await proxy.tunnel(`${host}:${port}`)
      expect.soft(status, host).toBe(200)
      expect.soft(await readRest(socket), host).toContain('canary')
    }
    expect(canary.visits).toBe(visits + hosts.length)
    for (const host of ['127.0.0.2', '0.0.0.0', '[::ffff:127.0.0.1]', 'app.localhost']) {
      expect.soft((await proxy.tunnel(`${host}:${port}`)).status, host).toBe(403)
    }
    expect((await proxy.tunnel(`127.0.0.1:${port + 1}`)).status).toBe(403)
    expect(canary.visits).toBe(visits + hosts.length)
  })
})
