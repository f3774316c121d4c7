import { once } from 'node:events'
import { createSocket } from 'node:dgram'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { domainToASCII } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { Canary } from './support/canary.ts'
import { refusedTargets } from './support/egress-targets.ts'
import { NameServer } from './support/name-server.ts'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

/** A page of the site, which is all that the session may reach. */
const home = `<!doctype html><title>Home</title><h1>Hello</h1>`
/** Asks for what it is told, and tells what came. */
const worker = `
  onmessage = async ({ data, ports }) => {
    const ask = (url) => fetch(url, { mode: 'no-cors' }).then(() => 'answered', () => 'failed')
    ports[0].postMessage(await Promise.all(data.map(ask)))
  }`

let server: TestServer
let site: Server
let canary: Canary
let names: NameServer
let session: { id: string; cdpUrl: string }
let homeUrl: string
/** Every way that leads to the canary if nothing stops it, as a URL. */
let refused: string[]
/** Ways that lead to the site. */
let allowed: string[]
let visits = 0

beforeAll(async () => {
  canary = await Canary.start()
  site = createServer((request, response) => {
    const [path, query = ''] = (request.url ?? '/').split('?')
    if (path === '/visit') visits += 1
    if (path === '/to') {
      // Octets beyond ASCII go as they are.
      const location = Buffer.from(decodeURIComponent(query), 'utf8').toString('latin1')
      response.writeHead(302, { location }).end()
    } else if (path === '/worker.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(worker)
    } else {
      response.writeHead(200, {
        'content-type': 'text/html',
        'access-control-allow-origin': '*',
      })
      response.end(home)
    }
  })
  const webSockets = new WebSocketServer({ noServer: true })
  site.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith('/visit') === true) visits += 1
    webSockets.handleUpgrade(request, socket, head, () => {})
  })
  site.listen(0, '::')
  await once(site, 'listening')
  const { port } = site.address() as AddressInfo

  const answers = new Map<string, readonly string[]>([['site.example.test', ['127.0.0.1']]])
  for (const { host, answers: addresses } of refusedTargets) {
    if (addresses) answers.set(domainToASCII(decodeURI(host)).replace(/\.$/, ''), addresses)
  }
  names = await NameServer.start((name) => answers.get(name) ?? 'unknown')
  server = await TestServer.start({
    egressAllow: [`127.0.0.1:${port}`, `[::1]:${port}`],
    egressNameServers: [names.address],
  })
  homeUrl = `http://127.0.0.1:${port}`
  refused = refusedTargets.map((target) => `http://${target.host}:${target.port ?? canary.port}/`)
  allowed = [
    ...['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::1]', '[0::1]'],
    'site.example.test',
  ].map((host, index) => `http://${host}:${port}/visit?${index}`)
  session = await server.createSession()
}, 60_000)

afterAll(async () => {
  await server.close()
  await names[Symbol.asyncDispose]()
  await canary[Symbol.asyncDispose]()
  site.closeAllConnections()
  await new Promise((resolve) => site.close(resolve))
})

async function execute(code: string, language = 'node'): Promise<string> {
  const { status, body } = await server.api<{ stdout: string; result: string; error?: string }>(
    'POST',
    `/v2/interact/${session.id}/execute`,
    { code, language, timeout: 120 },
  )
  expect({ status, error: body.error }).toEqual({ status: 200, error: undefined })
  return body.result
}

/** Functions of a page: how one address is asked for, until it has come to an end. */
const inPage: Readonly<Record<string, string>> = {
  fetch: `(url) => fetch(url, { mode: 'no-cors' }).catch(() => {})`,
  'fetch over TLS': `(url) => fetch(url.replace('http:', 'https:'), { mode: 'no-cors' }).catch(() => {})`,
  'a redirect': `(url) => fetch('/to?' + encodeURIComponent(url), { mode: 'no-cors' }).catch(() => {})`,
  'an image': `(url) => new Promise((resolve) => {
    const image = new Image(); image.onload = image.onerror = resolve; image.src = url })`,
  'an iframe': `(url) => new Promise((resolve) => {
    const frame = document.createElement('iframe')
    frame.onload = () => { frame.remove(); resolve() }
    frame.src = url; document.body.append(frame) })`,
  // Chromium lets them wait, the longer the more have failed in comparison with those that have not.
  'a WebSocket': `async (url) => {
    const open = (address) => new Promise((resolve) => {
      const socket = new WebSocket(address.replace('http', 'ws'))
      socket.onopen = () => socket.close()
      socket.onclose = resolve
    })
    self.opened ??= (async () => { for (let count = 0; count < 100; count += 1) await open(location.origin) })()
    await self.opened
    await open(url) }`,
  'an event source': `(url) => new Promise((resolve) => {
    const source = new EventSource(url); source.onerror = () => { source.close(); resolve() } })`,
  'a beacon': `async (url) => { navigator.sendBeacon(url, 'x') }`,
  'a service worker': `async (url) => {
    await navigator.serviceWorker.register('/worker.js')
    const { active } = await navigator.serviceWorker.ready
    const { port1, port2 } = new MessageChannel()
    active.postMessage([url], [port2])
    await new Promise((resolve) => { port1.onmessage = resolve }) }`,
}

/** Asks for all addresses from a page of the site. */
async function askInPage(ask: string, urls: readonly string[], atOnce = 30): Promise<void> {
  await execute(`
    await page.goto('${homeUrl}/')
    await page.evaluate(async ([urls, ask]) => {
      const run = (0, eval)('(' + ask + ')')
      for (let from = 0; from < urls.length; from += ${atOnce}) {
        await Promise.all(urls.slice(from, from + ${atOnce}).map((url) => {
          try { return run(url) } catch { return undefined }
        }))
      }
    }, ${JSON.stringify([urls, ask])})`)
}

describe(
  'no way leads to what is refused, and every way to what is allowed:',
  { timeout: 120_000 },
  () => {
    test.for(Object.entries(inPage))('%s', async ([name, ask]) => {
      await askInPage(ask, refused, name === 'a WebSocket' ? 6 : 30)
      expect(canary.visits).toBe(0)
      visits = 0
      await askInPage(ask, allowed)
      // TLS does not get an answer that it understands; its connection is the proof elsewhere.
      if (name.includes('TLS')) return
      await expect.poll(() => visits).toBeGreaterThanOrEqual(allowed.length)
    })

    test('navigation', async () => {
      const visit = (urls: readonly string[]): Promise<string> =>
        execute(`
        const seen = []
        // In one that has shown Chromium's error page, that page may still be on its way.
        page = await context.newPage()
        for (const url of ${JSON.stringify(urls)}) {
          const answer = await page.goto(url, { waitUntil: 'domcontentloaded' }).catch((error) => error)
          seen.push(answer instanceof Error ? answer.message.split('\\n')[0] : answer.status() + ' ' + (await page.title()))
        }
        JSON.stringify(seen)`)
      const seen = JSON.parse(await visit(refused)) as string[]
      expect(canary.visits).toBe(0)
      for (const line of seen) expect(line).toMatch(/^403 Blocked by Tandem: |^page\.goto: /)
      expect(seen.filter((line) => line.startsWith('403')).length).toBeGreaterThan(30)
      visits = 0
      expect(JSON.parse(await visit(allowed))).toEqual(allowed.map(() => '200 Home'))
      expect(visits).toBe(allowed.length)
    })

    test('a context that is to have no proxy', async () => {
      const client = await RawClient.connect(session.cdpUrl)
      const { browserContextId } = await client.send<{ browserContextId: string }>(
        'Target.createBrowserContext',
        {
          proxyServer: 'direct://',
          proxyBypassList: '*',
          originsWithUniversalNetworkAccess: ['http://localhost'],
        },
      )
      const { targetId } = await client.send<{ targetId: string }>('Target.createTarget', {
        url: 'about:blank',
        browserContextId,
      })
      const page = await client.attach(targetId)
      for (const url of refused.slice(0, 20)) await client.send('Page.navigate', { url }, page)
      expect(canary.visits).toBe(0)
      visits = 0
      await client.send('Page.navigate', { url: allowed[0] }, page)
      expect(visits).toBe(1)
      await client.close()
    })

    test('WebRTC, which speaks UDP past every proxy', async () => {
      const listener = createSocket('udp4')
      let datagrams = 0
      listener.on('message', () => (datagrams += 1))
      await new Promise<void>((resolve) => listener.bind(0, resolve))
      onTestFinished(() => void listener.close())
      const addresses = Object.values(networkInterfaces()).flatMap((all = []) => all)
      const servers = addresses
        .filter(({ family }) => family === 'IPv4')
        .flatMap(({ address }) => [
          { urls: `stun:${address}:${listener.address().port}` },
          ...['udp', 'tcp'].map((transport) => ({
            urls: `turn:${address}:${transport === 'udp' ? listener.address().port : canary.port}?transport=${transport}`,
            username: 'user',
            credential: 'secret',
          })),
        ])
      const candidates = await execute(`
        await page.goto('${homeUrl}/')
        await page.evaluate(async (iceServers) => {
          const connection = new RTCPeerConnection({ iceServers })
          const candidates = []
          connection.onicecandidate = ({ candidate }) => {
            if (candidate?.candidate) candidates.push(candidate.candidate)
          }
          connection.createDataChannel('data')
          await connection.setLocalDescription()
          // It never finds that there is nothing to find; what it sends it sends at once.
          await new Promise((resolve) => setTimeout(resolve, 500))
          connection.close()
          return candidates
        }, ${JSON.stringify(servers)})`)
      expect({ candidates, datagrams, visits: canary.visits }).toEqual({
        candidates: '[]',
        datagrams: 0,
        visits: 0,
      })
    })

    test("Node's fetch and sockets", async () => {
      const ask = (urls: readonly string[]): Promise<string> =>
        execute(`
        const ask = (url) => fetch(url, { redirect: 'follow' }).then((answer) => String(answer.status), (error) => 'failed')
        const dial = (url) => new Promise((resolve) => {
          let target; try { target = new URL(url) } catch { return resolve() }
          const host = target.hostname.replace(/^\\[|\\]$/g, '')
          const socket = require('node:net').connect({ host, port: Number(target.port) })
          socket.on('connect', () => { socket.destroy(); resolve('connected') }).on('error', resolve)
        })
        const urls = ${JSON.stringify(urls)}
        const seen = []
        for (let from = 0; from < urls.length; from += 30) {
          const part = urls.slice(from, from + 30)
          seen.push(...await Promise.all(part.map(ask)))
          await Promise.all(part.map(dial))
        }
        JSON.stringify(seen)`)
      expect(new Set(JSON.parse(await ask(refused)))).toEqual(new Set(['failed']))
      expect(canary.visits).toBe(0)
      expect(JSON.parse(await ask(allowed))).toEqual(allowed.map(() => '200'))
    })

    test("Python's urllib and sockets", async ({ skip }) => {
      const { status } = await server.api('POST', `/v2/interact/${session.id}/execute`, {
        code: '1',
        language: 'python',
      })
      if (status === 503) skip('Python is not set up here.')
      const ask = (urls: readonly string[]): Promise<string> =>
        execute(
          `
import json, socket, urllib.error, urllib.request
from concurrent.futures import ThreadPoolExecutor
def ask(url):
  try:
    return str(urllib.request.urlopen(url, timeout=10).status)
  except urllib.error.HTTPError as error:
    return f'{error.code} {error.reason[:17]}'
  except Exception as error:
    return 'failed'
def dial(url):
  try:
    host, _, port = url.split('/')[2].rpartition(':')
    socket.create_connection((host.strip('[]'), int(port)), timeout=2).close()
  except Exception:
    pass
urls = json.loads(${JSON.stringify(JSON.stringify(urls))})
with ThreadPoolExecutor(30) as pool:
  seen = list(pool.map(ask, urls))
  list(pool.map(dial, urls))
print(json.dumps(seen))`,
          'python',
        )
      const seen = JSON.parse(await ask(refused)) as string[]
      expect(canary.visits).toBe(0)
      for (const line of seen) expect(line).toMatch(/^403 Blocked by Tandem|^4\d\d |^failed$/)
      expect(seen.filter((line) => line.startsWith('403 Blocked')).length).toBeGreaterThan(120)
      expect(JSON.parse(await ask(allowed))).toEqual(allowed.map(() => '200'))
    })

    test("bash's sockets, and curl", async ({ skip }) => {
      const hasCurl = await execute('command -v curl > /dev/null && echo yes || echo no', 'bash')
      const dial = refused.map((url) => {
        const [, host, port] = /^http:\/\/(.*):(\d+)\/$/.exec(url) ?? []
        return `(exec 9<>"/dev/tcp/${host?.replace(/[[\]]/g, '')}/${port}") 2> /dev/null`
      })
      await execute(`${dial.join('\n')}\ntrue`, 'bash')
      expect(canary.visits).toBe(0)
      if (hasCurl !== 'yes') skip('curl is not installed here.')
      const ask = async (urls: readonly string[]): Promise<string[]> => {
        const list = urls.map((url) => `'${url}'`).join('\n')
        const code = `while read -r url; do curl -gsL -o /dev/null -m 10 -w '%{http_code}\\n' "$url"; done <<'END'
${list.replaceAll("'", '')}
END
true`
        return (await execute(code, 'bash')).split('\n')
      }
      const seen = await ask(refused)
      expect(canary.visits).toBe(0)
      for (const line of seen) expect(line).toMatch(/^(403|400|000)$/)
      expect(seen.filter((line) => line === '403').length).toBeGreaterThan(100)
      expect(await ask(allowed)).toEqual(allowed.map(() => '200'))
    })
  },
)
