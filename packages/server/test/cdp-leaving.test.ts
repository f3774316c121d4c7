import type { CreateSessionResponse } from '@tandem-browser/core'
import { type Browser, type Page, chromium } from 'playwright-core'
import { connect } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { PageServer } from './page-server.ts'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: PageServer
let session: CreateSessionResponse
/** Stays while others leave, and must notice nothing of it. */
let witness: Browser
let page: Page
let raw: RawClient

// One session for all of it: what one test does to it, the next one would notice.
beforeAll(async () => {
  ;[server, site] = await Promise.all([TestServer.start(), PageServer.start()])
  site.serve('/', '<title>Start</title>')
  site.serve('/other', '<title>Other</title>')
  session = await server.createSession()
  ;[witness, raw] = await Promise.all([
    chromium.connectOverCDP(session.cdpUrl, { noDefaults: true }),
    RawClient.connect(session.cdpUrl),
  ])
  page = witness.contexts()[0]?.pages()[0] as Page
  await page.goto(site.url)
})

afterAll(async () => {
  await Promise.all([witness.close(), raw.close()])
  await server.close()
  await site.close()
})

afterEach(expectUndisturbed)

/** Whatever others did: the session lives, and so does the page of those who stayed. */
async function expectUndisturbed(): Promise<void> {
  const { body } = await server.api('GET', `/v2/interact/${session.id}`)
  expect(body).toMatchObject({ status: 'active' })
  expect(await page.title()).toBe('Start')
  expect(await inventory()).toEqual({ contexts: 0, pages: [`${site.url}/`] })
}

/** Contexts and pages of the browser, as it tells them itself. */
async function inventory(): Promise<{ contexts: number; pages: string[] }> {
  const { browserContextIds } = await raw.send<{ browserContextIds: string[] }>(
    'Target.getBrowserContexts',
  )
  const pages = await raw.pages()
  return { contexts: browserContextIds.length, pages: pages.map(({ url }) => url).toSorted() }
}

describe('a client that leaves takes its contexts and leaves the others’', () => {
  const ways: [
    string,
    () => Promise<{ context: () => Promise<void>; leave: () => Promise<unknown> }>,
  ][] = [
    [
      'Playwright, browser.close()',
      async () => {
        const browser = await chromium.connectOverCDP(session.cdpUrl)
        return {
          context: async () => {
            await (await (await browser.newContext()).newPage()).goto(`${site.url}/other`)
          },
          leave: () => browser.close(),
        }
      },
    ],
    [
      'Puppeteer, browser.disconnect()',
      async () => {
        const browser = await connect({ browserWSEndpoint: session.cdpUrl })
        return {
          context: async () => {
            await (await (await browser.createBrowserContext()).newPage()).goto(`${site.url}/other`)
          },
          leave: () => browser.disconnect(),
        }
      },
    ],
    [
      'Puppeteer, browser.close()',
      async () => {
        const browser = await connect({ browserWSEndpoint: session.cdpUrl })
        return {
          context: async () => {
            await (await (await browser.createBrowserContext()).newPage()).goto(`${site.url}/other`)
          },
          leave: () => browser.close(),
        }
      },
    ],
    ['a raw client, Browser.close', async () => rawWay((client) => client.ask('Browser.close'))],
    ['a raw client, a closing handshake', async () => rawWay((client) => client.close())],
    [
      'a raw client that is cut off',
      async () =>
        rawWay(async (client) => {
          client.webSocket.terminate()
          await client.closed
        }),
    ],
  ]

  async function rawWay(leave: (client: RawClient) => Promise<unknown>): Promise<{
    context: () => Promise<void>
    leave: () => Promise<unknown>
  }> {
    const client = await RawClient.connect(session.cdpUrl)
    return {
      context: async () => {
        const { browserContextId } = await client.send<{ browserContextId: string }>(
          'Target.createBrowserContext',
          // What a client asks for here does not count: a lost connection must leak nothing.
          { disposeOnDetach: false },
        )
        const url = `${site.url}/other`
        await client.send('Target.createTarget', { url, browserContextId })
      },
      leave: () => leave(client),
    }
  }

  test.each(ways)('%s', async (_, enter) => {
    const keptContext = await witness.newContext()
    const kept = await keptContext.newPage()
    await kept.goto(site.url)
    const before = await inventory()
    const client = await enter()
    await client.context()
    await expect.poll(inventory).toEqual({
      contexts: before.contexts + 1,
      pages: [...before.pages, `${site.url}/other`].toSorted(),
    })
    await client.leave()
    await expect.poll(inventory).toEqual(before)
    expect(await kept.title()).toBe('Start')
    await keptContext.close()
  })
})

test('Browser.close is answered before the connection ends, and ends that one only', async () => {
  const client = await RawClient.connect(session.cdpUrl)
  expect(await client.ask('Browser.close')).toEqual({ id: 1, result: {} })
  expect(await client.closed).toEqual({
    code: 1000,
    reason: 'The client closed its browser; the session goes on.',
  })
  expect(witness.isConnected()).toBe(true)
  const { body } = await server.api('POST', `/v2/interact/${session.id}/execute`, {
    code: 'await page.title()',
  })
  expect(body).toMatchObject({ result: 'Start', exitCode: 0 })
})

test('requests that a client held back go on when it leaves', async () => {
  const client = await RawClient.connect(session.cdpUrl)
  const attached = await client.attach()
  await client.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }, attached)
  const paused = client.nextEvent('Fetch.requestPaused')
  const answer = page.evaluate(`fetch('/other').then((response) => response.status)`)
  await paused
  client.webSocket.terminate()
  expect(await answer).toBe(200)
})

test('the interception of one that stays goes on when another leaves', async () => {
  await page.route('**/made-up', (route) => route.fulfill({ body: 'made up' }))
  const other = await chromium.connectOverCDP(session.cdpUrl)
  const shared = other.contexts()[0]?.pages()[0] as Page
  await shared.route('**/*', (route) => route.continue())
  const text = `fetch('/made-up').then((response) => response.text())`
  expect(await shared.evaluate(text)).toBe('made up')
  await other.close()
  expect(await page.evaluate(text)).toBe('made up')
  await page.unrouteAll()
})

test('a page that a client had stopped goes on when it leaves', async () => {
  const client = await RawClient.connect(session.cdpUrl)
  const attached = await client.attach()
  await client.send('Debugger.enable', {}, attached)
  const paused = client.nextEvent('Debugger.paused')
  const value = page.evaluate('debugger; 6 * 7')
  await paused
  await client.close()
  expect(await value).toBe(42)
})

test('pages that wait for a client’s word go on when it leaves', async () => {
  const client = await RawClient.connect(session.cdpUrl)
  const waiting = client.nextEvent('Target.attachedToTarget')
  await client.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: true,
    flatten: true,
    filter: [{ type: 'page' }],
  })
  await waiting
  const fresh = client.next(({ params }) => params?.['waitingForDebugger'] === true)
  const opening = page.waitForEvent('popup')
  await page.evaluate(`void open('/other')`)
  await fresh
  await client.close()
  const popup = await opening
  await popup.waitForURL('**/other')
  expect(await popup.title()).toBe('Other')
  await popup.close()
})

test('a client that leaves in the middle of a command disturbs nobody', async () => {
  const client = await RawClient.connect(session.cdpUrl)
  const attached = await client.attach()
  const started = raw.next(
    ({ method, params }) => method === 'Runtime.bindingCalled' && params?.['name'] === 'started',
  )
  const observed = await raw.attach()
  await raw.send('Runtime.enable', {}, observed)
  await raw.send('Runtime.addBinding', { name: 'started' }, observed)
  client.write({
    id: 99,
    method: 'Runtime.evaluate',
    sessionId: attached,
    params: {
      expression: `started(''), new Promise((resolve) => (globalThis.finish = resolve))`,
      awaitPromise: true,
    },
  })
  await started
  client.webSocket.terminate()
  await client.closed
  // Its answer comes when nobody waits for it any more.
  expect(await raw.evaluate(`finish('late'), 'on'`, observed)).toBe('on')
  await raw.send('Target.detachFromTarget', { sessionId: observed })
  expect(raw.received.filter(({ id }) => id === 99)).toEqual([])
})

test('clients come and go at the same time', async () => {
  const before = await inventory()
  await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      const client = await RawClient.connect(session.cdpUrl)
      await client.send('Target.createBrowserContext')
      if (index % 3 === 0) client.webSocket.terminate()
      else if (index % 3 === 1) await client.ask('Browser.close')
      else await client.close()
      await client.closed
    }),
  )
  await expect.poll(inventory).toEqual(before)
})
