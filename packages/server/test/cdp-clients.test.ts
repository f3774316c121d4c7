import type { CreateSessionResponse } from '@tandem-browser/core'
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core'
import {
  type Browser as PuppeteerBrowser,
  type Page as PuppeteerPage,
  connect,
} from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PageServer } from './page-server.ts'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

// Four clients of different kinds, all connected to the one session at once.
let server: TestServer
let site: PageServer
let session: CreateSessionResponse
let playwright: Browser
let quiet: Browser
let puppeteer: PuppeteerBrowser
let raw: RawClient

beforeAll(async () => {
  ;[server, site] = await Promise.all([TestServer.start(), PageServer.start()])
  site.serve('/', '<title>Start</title><h1>Hello</h1><button>Press</button>')
  site.serve('/other', '<title>Other</title><p>Elsewhere')
})

afterAll(async () => {
  await server.close()
  await site.close()
})

beforeEach(async () => {
  session = await server.createSession()
  ;[playwright, quiet, puppeteer, raw] = await Promise.all([
    chromium.connectOverCDP(session.cdpUrl),
    chromium.connectOverCDP(session.cdpUrl, { noDefaults: true }),
    connect({ browserWSEndpoint: session.cdpUrl, defaultViewport: null }),
    RawClient.connect(session.cdpUrl),
  ])
})

afterEach(async () => {
  await Promise.all([
    playwright.close(),
    quiet.close(),
    puppeteer.connected ? puppeteer.disconnect() : undefined,
    raw.close(),
  ])
  await server.api('DELETE', `/v2/interact/${session.id}`)
})

function contextOf(browser: Browser): BrowserContext {
  const [context] = browser.contexts()
  if (!context) throw new Error('The session has no context.')
  return context
}

function pageOf(browser: Browser): Page {
  const [page] = contextOf(browser).pages()
  if (!page) throw new Error('The session has no page.')
  return page
}

async function puppeteerPage(): Promise<PuppeteerPage> {
  const [page] = await puppeteer.pages()
  if (!page) throw new Error('The session has no page.')
  return page
}

describe('one page', () => {
  test('is the same for every client and for the code of the session', async () => {
    await pageOf(playwright).goto(site.url)
    await pageOf(quiet)
      .locator('h1')
      .evaluate((heading) => (heading.textContent = 'From quiet'))
    await (await puppeteerPage()).evaluate('document.title = "From Puppeteer"')
    const page = await raw.attach()
    await raw.evaluate('document.body.dataset.raw = "From raw"', page)
    const { body } = await server.api('POST', `/v2/interact/${session.id}/execute`, {
      code: `await page.evaluate(() => (document.body.dataset.code = 'From code'))`,
    })
    expect(body).toMatchObject({ exitCode: 0, result: 'From code' })

    const state = `JSON.stringify([document.querySelector('h1').textContent, document.title,
      document.body.dataset.raw, document.body.dataset.code])`
    const expected = JSON.stringify(['From quiet', 'From Puppeteer', 'From raw', 'From code'])
    expect(await pageOf(playwright).evaluate(state)).toBe(expected)
    expect(await pageOf(quiet).evaluate(state)).toBe(expected)
    expect(await (await puppeteerPage()).evaluate(state)).toBe(expected)
    expect(await raw.evaluate(state, page)).toBe(expected)
  })

  test('tells every client of what another does', async () => {
    const page = await raw.attach()
    await raw.send('Page.enable', {}, page)
    const seen = [
      pageOf(playwright).waitForURL('**/other'),
      pageOf(quiet).waitForURL('**/other'),
      (await puppeteerPage()).waitForNavigation(),
      raw.nextEvent('Page.frameNavigated'),
    ]
    await pageOf(quiet).goto(`${site.url}/other`)
    await Promise.all(seen)
    expect((await puppeteerPage()).url()).toBe(`${site.url}/other`)
  })

  test('takes commands of all of them at the same time', async () => {
    await pageOf(playwright).goto(site.url)
    const other = await puppeteerPage()
    const page = await raw.attach()
    const rounds = Array.from({ length: 50 }, (_, index) => index)
    const answers = await Promise.all(
      rounds.map((index) =>
        Promise.all([
          pageOf(playwright).evaluate(`'playwright ${index}'`),
          pageOf(quiet).evaluate(`'quiet ${index}'`),
          other.evaluate(`'puppeteer ${index}'`),
          raw.evaluate(`'raw ${index}'`, page),
        ]),
      ),
    )
    expect(answers).toEqual(
      rounds.map((index) =>
        ['playwright', 'quiet', 'puppeteer', 'raw'].map((name) => `${name} ${index}`),
      ),
    )
  })
})

describe('each client keeps its own', () => {
  test('functions that pages call', async () => {
    await pageOf(playwright).exposeFunction('ofPlaywright', (text: string) => `Playwright ${text}`)
    await (
      await puppeteerPage()
    ).exposeFunction('ofPuppeteer', (text: string) => `Puppeteer ${text}`)
    const page = await raw.attach()
    await raw.send('Runtime.enable', {}, page)
    await raw.send('Runtime.addBinding', { name: 'ofRaw' }, page)
    // Playwright has one name for the bindings of all its clients, so that two
    // of them cannot expose functions to the same page, on any Chromium.
    const own = await (await quiet.newContext()).newPage()
    await own.exposeBinding('ofQuiet', (_source, text: string) => `quiet ${text}`)
    await pageOf(playwright).goto(site.url)
    const called = raw.nextEvent('Runtime.bindingCalled')
    const answers = await Promise.all([
      pageOf(quiet).evaluate(`Promise.all([ofPlaywright('hello'), ofPuppeteer('hello')])`),
      own.evaluate(`ofQuiet('hello')`),
      pageOf(quiet).evaluate(`ofRaw('hello')`),
    ])
    expect(answers.flat()).toEqual([
      'Playwright hello',
      'Puppeteer hello',
      'quiet hello',
      undefined,
    ])
    expect((await called).params).toMatchObject({ name: 'ofRaw', payload: 'hello' })
  })

  test('contexts, with their own cookies, which the others do not see', async () => {
    const ofPlaywright = await playwright.newContext()
    const ofPuppeteer = await puppeteer.createBrowserContext()
    const [first, second] = await Promise.all([ofPlaywright.newPage(), ofPuppeteer.newPage()])
    await Promise.all([first.goto(site.url), second.goto(`${site.url}/other`)])
    await first.evaluate('document.cookie = "who=playwright"')
    expect(await second.evaluate('document.cookie')).toBe('')
    expect(await first.evaluate('document.cookie')).toBe('who=playwright')
    expect([await first.title(), await second.title()]).toEqual(['Start', 'Other'])

    // Neither those that were there nor one that comes takes them for its own.
    await using late = await chromium.connectOverCDP(session.cdpUrl)
    for (const browser of [playwright, quiet, late]) {
      expect(
        browser
          .contexts()[0]
          ?.pages()
          .map((page) => page.url()),
      ).toEqual(['about:blank'])
    }
    expect((await puppeteer.pages()).map((page) => page.url()).toSorted()).toEqual([
      'about:blank',
      `${site.url}/other`,
    ])
    // A client that asks for one by its id gets it.
    const { targetInfos } = await raw.send<{ targetInfos: { targetId: string; url: string }[] }>(
      'Target.getTargets',
    )
    const foreign = targetInfos.find(({ url }) => url === `${site.url}/`)
    const { sessionId } = await raw.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId: foreign?.targetId,
      flatten: true,
    })
    expect(await raw.evaluate('document.title', sessionId)).toBe('Start')
  })

  test('pages in contexts, which nobody else holds back', async () => {
    const { browserContextId } = await raw.send<{ browserContextId: string }>(
      'Target.createBrowserContext',
    )
    // Playwright and Puppeteer have every new page wait for them.
    const { targetId } = await raw.send<{ targetId: string }>('Target.createTarget', {
      url: site.url,
      browserContextId,
    })
    const page = await raw.attach(targetId)
    await expect.poll(() => raw.evaluate('document.title', page)).toBe('Start')
  })

  test('settings of the page, which are gone with it', async () => {
    const printing = `matchMedia('print').matches`
    const page = await raw.attach()
    await raw.send('Emulation.setEmulatedMedia', { media: 'print' }, page)
    expect(await pageOf(quiet).evaluate(printing)).toBe(true)
    await raw.close()
    await expect.poll(() => pageOf(quiet).evaluate(printing)).toBe(false)
  })
})

describe('new pages', () => {
  test('in the default context are everybody’s, and stay when their maker leaves', async () => {
    const seen = contextOf(quiet).waitForEvent('page')
    const made = await contextOf(playwright).newPage()
    await made.goto(`${site.url}/other`)
    const page = await seen
    await page.waitForURL('**/other')
    await playwright.close()
    expect(await page.title()).toBe('Other')
    expect((await puppeteer.pages()).map((other) => other.url())).toContain(`${site.url}/other`)
    await page.close()
    await expect.poll(async () => (await raw.pages()).length).toBe(1)
  })

  test('that a page opens come to every client', async () => {
    await pageOf(playwright).goto(site.url)
    const popups = [
      pageOf(playwright).waitForEvent('popup'),
      pageOf(quiet).waitForEvent('popup'),
    ] as const
    const target = puppeteer.waitForTarget((candidate) => candidate.url() === `${site.url}/other`)
    await (await puppeteerPage()).evaluate(`void open('/other')`)
    const [first, second] = await Promise.all(popups)
    await Promise.all([first.waitForURL('**/other'), second.waitForURL('**/other')])
    const third = await (await target).page()
    expect(await Promise.all([first.title(), second.title(), third?.title()])).toEqual([
      'Other',
      'Other',
      'Other',
    ])
    const closed = first.waitForEvent('close')
    await second.close()
    await closed
  })
})

describe('large and binary answers', () => {
  const large = `'x'.repeat(5 * 1024 * 1024) + 'end'`

  test('of 5 MB arrive whole, at several clients at once', async () => {
    const page = await raw.attach()
    const answers = await Promise.all([
      pageOf(playwright).evaluate(large),
      pageOf(quiet).evaluate(large),
      (await puppeteerPage()).evaluate(large),
      raw.evaluate(large, page),
    ])
    const { body } = await server.api('POST', `/v2/interact/${session.id}/execute`, {
      code: `const text = await page.evaluate(\`${large}\`); text.slice(-4) + text.length`,
    })
    expect(body).toMatchObject({ result: `xend${5 * 1024 * 1024 + 3}` })
    for (const answer of answers) {
      expect(answer).toHaveLength(5 * 1024 * 1024 + 3)
      expect((answer as string).endsWith('xend')).toBe(true)
    }
  })

  test('are the screenshots of all clients', async () => {
    await pageOf(playwright).goto(site.url)
    const page = await raw.attach()
    const pictures = await Promise.all([
      pageOf(playwright).screenshot(),
      pageOf(quiet).screenshot(),
      (await puppeteerPage()).screenshot(),
      raw
        .send<{ data: string }>('Page.captureScreenshot', { format: 'png' }, page)
        .then(({ data }) => Buffer.from(data, 'base64')),
    ])
    for (const picture of pictures) {
      expect(Buffer.from(picture).subarray(1, 4).toString()).toBe('PNG')
      expect(picture.length).toBeGreaterThan(1_000)
    }
  })
})

describe('requests', () => {
  test('that one client answers itself are answered for the page, and for nobody else', async () => {
    const page = pageOf(playwright)
    await page.route('**/made-up', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<title>Made up</title>' }),
    )
    const mine = await puppeteer.createBrowserContext()
    const other = await mine.newPage()
    const [routed, direct] = await Promise.all([
      page.goto(`${site.url}/made-up`),
      other.goto(`${site.url}/made-up`),
    ])
    expect(routed?.status()).toBe(200)
    expect(await pageOf(quiet).title()).toBe('Made up')
    expect(direct?.status()).toBe(404)
  })

  test('pass through every client that intercepts them', async () => {
    const seen: string[] = []
    await pageOf(playwright).route('**/*', (route) => {
      seen.push('playwright')
      return route.continue()
    })
    const second = await puppeteerPage()
    await second.setRequestInterception(true)
    second.on('request', (request) => {
      seen.push('puppeteer')
      void request.continue()
    })
    const response = await pageOf(quiet).goto(site.url)
    expect(response?.status()).toBe(200)
    expect(new Set(seen)).toEqual(new Set(['playwright', 'puppeteer']))
  })
})

test('dialogs wait for the client that answers them', async () => {
  // Every Playwright would dismiss what nobody listens for.
  for (const browser of [playwright, quiet]) pageOf(browser).on('dialog', () => {})
  const page = await puppeteerPage()
  page.on('dialog', (dialog) => void dialog.accept('typed by Puppeteer'))
  expect(await page.evaluate(`prompt('Who?')`)).toBe('typed by Puppeteer')
})
