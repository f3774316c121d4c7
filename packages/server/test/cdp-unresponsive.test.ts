import type { CreateSessionResponse } from '@tandem-browser/core'
import { type Browser, type Page, chromium } from 'playwright-core'
import { type Browser as PuppeteerBrowser, connect } from 'puppeteer-core'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
} from 'vitest'
import { PageServer } from './page-server.ts'
import { RawClient } from './support/raw-client.ts'
import { renderersOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

/** Milliseconds in which a client must be in, whatever the pages do; that of a busy page never comes. */
const connectLimit = 10_000

/** Milliseconds in which a session must be gone, whatever its pages do. */
const releaseLimit = 10_000

let server: TestServer
let site: PageServer
let session: CreateSessionResponse
/** Was there before anything went wrong. */
let early: RawClient
/** Its session of the page that goes wrong. */
let page: string
let targetId: string
let stopped: number[]

beforeAll(async () => {
  ;[server, site] = await Promise.all([TestServer.start(), PageServer.start()])
  site.serve('/worker.js', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end('onmessage = () => {}')
  })
  site.serve(
    '/',
    `<title>Wedged</title><script>new Worker('/worker.js')
      new SharedWorker('/worker.js'); navigator.serviceWorker.register('/worker.js')</script>
      <iframe src="${site.url.replace('127.0.0.1', 'localhost')}/frame"></iframe>`,
  )
  site.serve('/frame', '<title>Frame</title>')
})

afterAll(async () => {
  await server.close()
  await site.close()
})

beforeEach(async () => {
  session = await server.createSession()
  stopped = []
  early = await RawClient.connect(session.cdpUrl)
  targetId = (await early.pages())[0]?.targetId as string
  page = await early.attach(targetId)
  await early.send('Page.enable', {}, page)
  await early.send('Runtime.enable', {}, page)
  const loaded = early.nextEvent('Page.loadEventFired')
  await early.send('Page.navigate', { url: site.url }, page)
  await loaded
})

afterEach(expectReleased)

/** The session can be released in time, whatever state it was left in. */
async function expectReleased(): Promise<void> {
  const signal = AbortSignal.timeout(releaseLimit)
  const { status } = await server.api('DELETE', `/v2/interact/${session.id}`, undefined, { signal })
  expect(status).toBe(200)
  await early.closed
}

async function execute(code: string): Promise<unknown> {
  return (await server.api('POST', `/v2/interact/${session.id}/execute`, { code })).body
}

/** Stops everything that the pages of the session run in; what comes later runs. */
async function stopRenderers(): Promise<void> {
  stopped = await renderersOf(session.id)
  expect(stopped.length).toBeGreaterThan(0)
  for (const pid of stopped) process.kill(pid, 'SIGSTOP')
}

/** Keeps the page busy until the function that this gives is called. */
async function keepBusy(): Promise<() => Promise<void>> {
  const busy = early.nextEvent('Runtime.consoleAPICalled')
  early.write({
    id: 1_000,
    method: 'Runtime.evaluate',
    sessionId: page,
    params: { expression: 'console.log("busy"); while (true) {}' },
  })
  await busy
  return async () => {
    await early.send('Runtime.terminateExecution', {}, page)
  }
}

async function playwright(): Promise<Browser> {
  const browser = await chromium.connectOverCDP(session.cdpUrl, { timeout: connectLimit })
  onTestFinished(() => browser.close())
  return browser
}

async function puppeteer(): Promise<PuppeteerBrowser> {
  const browser = await connect({
    browserWSEndpoint: session.cdpUrl,
    defaultViewport: null,
    protocolTimeout: connectLimit,
  })
  onTestFinished(() => browser.disconnect())
  return browser
}

/** The pages that Playwright knows in the context that is everybody's. */
function pagesOf(browser: Browser): Page[] {
  return browser.contexts()[0]?.pages() ?? []
}

async function listed(): Promise<{ id: string; unresponsive?: boolean }[]> {
  const url = new URL(session.cdpUrl.replace(/^ws/, 'http'))
  url.pathname += '/json/list'
  return (await fetch(url)).json() as Promise<{ id: string; unresponsive?: boolean }[]>
}

const wedges: [string, () => Promise<unknown>][] = [
  ['a script that never ends', keepBusy],
  ['a process that is stopped', stopRenderers],
  [
    'a dialog that nobody answers',
    async () => {
      const opening = early.nextEvent('Page.javascriptDialogOpening')
      const params = { expression: 'alert("wait")' }
      early.write({ id: 1_000, method: 'Runtime.evaluate', sessionId: page, params })
      await opening
    },
  ],
]

test.each(wedges)(
  '%s keeps nobody out: clients and code get pages that answer',
  async (_, wedge) => {
    await wedge()
    const { targetId: healthy } = await early.send<{ targetId: string }>('Target.createTarget', {
      url: 'data:text/html,<title>Healthy</title>',
    })
    const [first, second, third] = await Promise.all([
      playwright(),
      puppeteer(),
      RawClient.connect(session.cdpUrl),
    ])
    expect(await Promise.all(pagesOf(first).map((seen) => seen.title()))).toEqual(['Healthy'])
    const pages = await second.pages()
    expect(await Promise.all(pages.map((seen) => seen.title()))).toEqual(['Healthy'])
    expect((await third.pages()).map((seen) => seen.targetId)).toEqual([healthy])
    expect(await execute('await page.title()')).toMatchObject({ success: true, result: 'Healthy' })
    const fresh = await first.contexts()[0]?.newPage()
    expect(await fresh?.evaluate('6 * 7')).toBe(42)
    // It is no secret, and can be closed.
    expect((await listed()).filter(({ unresponsive }) => unresponsive)).toMatchObject([
      { id: targetId },
    ])
    await third.send('Target.closeTarget', { targetId })
    await expect.poll(async () => (await listed()).map(({ id }) => id)).not.toContain(targetId)
    await third.close()
  },
)

test('a page whose process crashed keeps nobody out either', async () => {
  const crashed = early.nextEvent('Inspector.targetCrashed')
  await early.send('Inspector.enable', {}, page)
  for (const pid of await renderersOf(session.id)) process.kill(pid, 'SIGKILL')
  await crashed
  const browser = await playwright()
  expect(pagesOf(browser)).toEqual([])
  expect(await listed()).toMatchObject([{ id: targetId, unresponsive: true }])
  expect(await execute('await page.evaluate(() => 6 * 7)')).toMatchObject({ result: '42' })
  // Chromium loads it again for a client that attaches to its tab, and so it is everybody's again.
  const revived = browser
    .contexts()[0]
    ?.waitForEvent('page', { predicate: async (seen) => (await seen.title()) === 'Wedged' })
  await puppeteer()
  expect((await revived)?.url()).toBe(`${site.url}/`)
})

describe('a page that answers again', () => {
  test('is opened, for the clients that came meanwhile', async () => {
    const goOn = await keepBusy()
    const [first, second, raw] = await Promise.all([
      playwright(),
      puppeteer(),
      RawClient.connect(session.cdpUrl),
    ])
    expect([pagesOf(first), await second.pages(), await raw.pages()]).toEqual([[], [], []])
    await raw.send('Target.setDiscoverTargets', { discover: true })
    const opened = first.contexts()[0]?.waitForEvent('page')
    const created = raw.nextEvent('Target.targetCreated')
    await goOn()
    expect(await (await opened)?.title()).toBe('Wedged')
    expect((await created).params).toMatchObject({ targetInfo: { targetId, title: 'Wedged' } })
    await expect.poll(async () => (await second.pages()).length).toBe(1)
    const [seen] = await second.pages()
    expect(await seen?.title()).toBe('Wedged')
    expect(await raw.pages()).toHaveLength(1)
    await raw.close()
  })

  test('after its process was stopped as well, with its frames', async () => {
    await stopRenderers()
    const browser = await playwright()
    expect(pagesOf(browser)).toEqual([])
    const opened = browser.contexts()[0]?.waitForEvent('page')
    for (const pid of stopped) process.kill(pid, 'SIGCONT')
    const seen = await opened
    expect(seen?.frames()).toHaveLength(2)
    expect(await seen?.frames()[1]?.title()).toBe('Frame')
  })

  test('is there from the start for the next client, and never told twice', async () => {
    const goOn = await keepBusy()
    const raw = await RawClient.connect(session.cdpUrl)
    const autoAttach = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true }
    await raw.send('Target.setAutoAttach', autoAttach)
    const attached = raw.nextEvent('Target.attachedToTarget')
    await goOn()
    const announced = (await attached).params as { sessionId: string }
    expect(await raw.evaluate('document.title', announced.sessionId)).toBe('Wedged')
    const told = raw.received.filter(
      ({ method, params }) =>
        method === 'Target.attachedToTarget' &&
        JSON.stringify(params).includes(`"targetId":"${targetId}"`),
    )
    expect(told).toHaveLength(1)
    const [next] = pagesOf(await playwright())
    expect(await next?.title()).toBe('Wedged')
    expect(await listed()).toEqual([expect.not.objectContaining({ unresponsive: true })])
    await raw.close()
  })
})

test('who asks for a page by its id gets it, whatever its state', async () => {
  const goOn = await keepBusy()
  const [whole, single] = await Promise.all([
    RawClient.connect(session.cdpUrl),
    RawClient.connect(session.cdpUrl.replace('?', `/devtools/page/${targetId}?`)),
  ])
  const attached = await whole.attach(targetId)
  const answers = [
    whole.evaluate('document.title', attached),
    single.ask('Runtime.evaluate', { expression: 'document.title' }),
  ]
  await goOn()
  expect(await Promise.all(answers)).toMatchObject(['Wedged', { result: { result: {} } }])
  await Promise.all([whole.close(), single.close()])
})

test('a page that is closed while it does not answer is never told of', async () => {
  await keepBusy()
  const raw = await RawClient.connect(session.cdpUrl)
  await raw.send('Target.setDiscoverTargets', { discover: true })
  const autoAttach = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true }
  await raw.send('Target.setAutoAttach', autoAttach)
  await raw.send('Target.closeTarget', { targetId })
  await expect.poll(listed).toEqual([])
  expect(raw.received.filter(({ params }) => JSON.stringify(params)?.includes(targetId))).toEqual(
    [],
  )
  await raw.close()
})
