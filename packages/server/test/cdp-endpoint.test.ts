import { connect as connectSocket } from 'node:net'
import { once } from 'node:events'
import type { CreateSessionResponse } from '@tandem-browser/core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let session: CreateSessionResponse
let other: CreateSessionResponse
let ended: CreateSessionResponse

beforeAll(async () => {
  server = await TestServer.start()
  ;[session, other, ended] = await Promise.all([
    server.createSession(),
    server.createSession(),
    server.createSession(),
  ])
  await server.api('DELETE', `/v2/interact/${ended.id}`)
})

afterAll(() => server.close())

/** A URL below a session's CDP prefix, over HTTP, with the session's token. */
function lookup({ cdpUrl }: CreateSessionResponse, path: string): URL {
  const url = new URL(cdpUrl.replace(/^ws/, 'http'))
  url.pathname += path
  return url
}

async function get(url: URL, headers: Record<string, string> = {}): Promise<Lookup> {
  const response = await fetch(url, { headers })
  return { status: response.status, body: await response.json() }
}

interface Lookup {
  status: number
  body: unknown
}

describe('what clients look up first', () => {
  test.each(['/json/version', '/json/version/'])(
    '%s names the browser and its WebSocket',
    async (path) => {
      const { status, body } = await get(lookup(session, path))
      expect(status).toBe(200)
      expect(body).toEqual({
        Browser: expect.stringMatching(/Chrome\/\d+/),
        'Protocol-Version': '1.3',
        'User-Agent': expect.stringContaining('Mozilla/5.0'),
        'V8-Version': expect.stringMatching(/^\d+\./),
        webSocketDebuggerUrl: session.cdpUrl,
      })
    },
  )

  test.each(['/json/list', '/json/list/', '/json', '/json/'])(
    '%s lists the pages, each with a WebSocket of its own',
    async (path) => {
      const client = await RawClient.connect(session.cdpUrl)
      const { status, body } = await get(lookup(session, path))
      expect(status).toBe(200)
      const [page, ...more] = await client.pages()
      expect(more).toEqual([])
      const url = new URL(session.cdpUrl)
      url.pathname += `/devtools/page/${page?.targetId}`
      expect(body).toEqual([
        {
          id: page?.targetId,
          type: 'page',
          title: expect.any(String),
          url: 'about:blank',
          webSocketDebuggerUrl: url.href,
        },
      ])
      await client.close()
    },
  )

  test('takes the token as a header as well, which then is in no address', async () => {
    const url = lookup(session, '/json/version')
    const token = url.searchParams.get('token') as string
    url.search = ''
    const { status } = await get(url, { authorization: `Bearer ${token}` })
    expect(status).toBe(200)
    const webSocketUrl = new URL(session.cdpUrl)
    webSocketUrl.search = ''
    const client = await RawClient.connect(webSocketUrl.href, { authorization: `Bearer ${token}` })
    expect(await client.pages()).toHaveLength(1)
    await client.close()
  })

  test('is all that Playwright needs of the address over HTTP', async () => {
    const browser = await chromium.connectOverCDP(session.cdpUrl.replace(/^ws/, 'http'))
    expect(await browser.contexts()[0]?.pages()[0]?.evaluate('6 * 7')).toBe(42)
    await browser.close()
  })
})

describe('the WebSocket of a page', () => {
  async function pageUrl(target: CreateSessionResponse, targetId: string): Promise<string> {
    const { body } = await get(lookup(target, '/json/list'))
    const pages = body as { id: string; webSocketDebuggerUrl: string }[]
    return pages.find(({ id }) => id === targetId)?.webSocketDebuggerUrl ?? ''
  }

  test('stands for that page: commands need no session id', async () => {
    const browser = await RawClient.connect(session.cdpUrl)
    const { targetId } = await browser.send<{ targetId: string }>('Target.createTarget', {
      url: 'data:text/html,<title>The page</title>',
    })
    const page = await RawClient.connect(await pageUrl(session, targetId))
    await expect
      .poll(() => page.ask('Runtime.evaluate', { expression: 'document.title' }))
      .toEqual({
        id: expect.any(Number),
        result: { result: { type: 'string', value: 'The page' } },
      })
    const enabled = page.nextEvent('Runtime.executionContextCreated')
    await page.send('Runtime.enable')
    expect(await enabled).not.toHaveProperty('sessionId')

    await browser.send('Target.closeTarget', { targetId })
    expect(await page.closed).toEqual({ code: 1000, reason: 'The page was closed.' })
    await browser.close()
  })

  test('leaves the page when it closes, also by Browser.close', async () => {
    const browser = await RawClient.connect(session.cdpUrl)
    const [target] = await browser.pages()
    const url = await pageUrl(session, target?.targetId as string)
    const first = await RawClient.connect(url)
    await first.send('Runtime.evaluate', { expression: 'globalThis.left = true' })
    expect(await first.ask('Browser.close')).toMatchObject({ result: {} })
    await first.closed
    const second = await RawClient.connect(url)
    const answer = await second.ask('Runtime.evaluate', { expression: 'left' })
    expect(answer).toMatchObject({ result: { result: { value: true } } })
    await second.close()
    await browser.close()
  })

  test('of a page that there is not is closed with a reason', async () => {
    const url = new URL(session.cdpUrl)
    url.pathname += '/devtools/page/0123456789ABCDEF0123456789ABCDEF'
    const client = await RawClient.connect(url.href)
    expect(await client.closed).toEqual({
      code: 1011,
      reason: 'There is no such page, or the browser is gone.',
    })
  })
})

describe('who may not', () => {
  const noSession = '01890000-0000-7000-8000-000000000000'
  const wrong = 'A'.repeat(43)
  type Row = [string, (url: URL) => void, number, RegExp]

  const rows: Row[] = [
    ['no token', (url) => url.searchParams.delete('token'), 401, /token of the cdpUrl is missing/],
    ['an empty token', (url) => url.searchParams.set('token', ''), 401, /not the token/],
    ['a wrong token', (url) => url.searchParams.set('token', wrong), 401, /not the token/],
    ['the token twice', (url) => url.searchParams.append('token', wrong), 401, /not the token/],
    [
      'the token of another session',
      (url) => {
        url.search = new URL(other.cdpUrl).search
      },
      401,
      /not the token/,
    ],
    [
      'an API key instead',
      (url) => url.searchParams.set('token', TestServer.keys[0]),
      401,
      /not the token/,
    ],
    [
      'a session that never was',
      (url) => {
        url.pathname = url.pathname.replace(session.id, noSession)
      },
      404,
      /session not found/,
    ],
    [
      'an id that is none',
      (url) => {
        url.pathname = url.pathname.replace(session.id, 'first')
      },
      404,
      /session not found/,
    ],
    [
      'a session that was deleted, with the token that was right',
      (url) => {
        const { pathname, search } = new URL(ended.cdpUrl)
        url.pathname = url.pathname.replace(new URL(session.cdpUrl).pathname, pathname)
        url.search = search
      },
      410,
      /has been destroyed/,
    ],
  ]

  test.each(rows)('%s', async (_, change, status, sentence) => {
    const refused = { success: false, error: expect.stringMatching(sentence) }
    const webSocketUrl = new URL(session.cdpUrl)
    change(webSocketUrl)
    // For a WebSocket the first of two tokens counts.
    if (webSocketUrl.searchParams.getAll('token').length < 2) {
      const refusal = await RawClient.refusal(webSocketUrl.href)
      expect(refusal).toEqual({ status, body: expect.objectContaining(refused) })
      expect(JSON.stringify(refusal)).not.toContain(webSocketUrl.searchParams.get('token') || '\0')
    }
    for (const path of ['/json/version', '/json/list']) {
      const url = lookup(session, path)
      change(url)
      expect(await get(url)).toEqual({ status, body: expect.objectContaining(refused) })
    }
  })

  test('any other address', async () => {
    for (const path of ['/', '/cdp', '/v2/interact', `/cdp/${session.id}/elsewhere`, '//']) {
      const { host, search } = new URL(session.cdpUrl)
      const refusal = await RawClient.refusal(`ws://${host}${path}${search}`)
      expect(refusal).toEqual({
        status: 404,
        body: { success: false, error: 'There is no WebSocket endpoint at this address.' },
      })
    }
  })

  test('is not kept connected: the server ends the connection, whatever the client does', async () => {
    const { hostname, port, pathname } = new URL(session.cdpUrl)
    const socket = connectSocket({ host: hostname, port: Number(port), allowHalfOpen: true })
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\n` +
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString()))
    await once(socket, 'end')
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    // This side stays open; a server that only half closed its own would take what is sent.
    const closed = once(socket, 'close').catch(() => {})
    const timer = setInterval(() => socket.write('x'), 20)
    socket.on('error', () => {})
    await closed
    clearInterval(timer)
    expect(socket.destroyed).toBe(true)
  })
})
