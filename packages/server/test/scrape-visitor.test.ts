import type {
  InteractResponse,
  Language,
  ScrapeRequest,
  ScrapeResponse,
} from '@tandem-browser/core'
import { type Browser, type Page, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findEngine } from '../src/index.ts'
import { LookingSite } from './support/looking-site.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: LookingSite

beforeAll(async () => {
  ;[server, site] = await Promise.all([TestServer.start(), LookingSite.start()])
})

afterAll(async () => {
  await server.close()
  await site[Symbol.asyncDispose]()
})

/**
 * The page of a session that goes on with a scrape of such options.
 *
 * @param language Whose kernel is there as well; bash has none on the page before it asks for one.
 */
async function pageOf(
  options: Partial<ScrapeRequest>,
  { on = server, language = 'bash' }: { on?: TestServer; language?: Language } = {},
): Promise<Page & { [Symbol.asyncDispose](): Promise<void> }> {
  const scrape = await on.api<ScrapeResponse>('POST', '/v2/scrape', {
    url: site.url,
    ...options,
  })
  expect(scrape.status).toBe(200)
  const path = `/v2/scrape/${scrape.body.data.metadata.scrapeId}/interact`
  const code = language === 'bash' ? 'true' : '1'
  const { body } = await on.api<InteractResponse>('POST', path, { code, language })
  const browser = await chromium.connectOverCDP(body.cdpUrl)
  const page = browser.contexts()[0]?.pages()[0] as Page
  return Object.assign(page, {
    async [Symbol.asyncDispose]() {
      await browser.close()
      await on.api('DELETE', path)
    },
  })
}

/** A browser that was launched in that place, with nothing between it and the test. */
async function launchIn(language: string, timezone: string): Promise<Browser> {
  const engine = await findEngine()
  return chromium.launch({
    executablePath: engine.executablePath,
    args: ['--no-sandbox', `--lang=${language}`, `--accept-lang=${language}`],
    env: { ...engine.env, LANG: `${language.replace('-', '_')}.UTF-8`, TZ: timezone },
  })
}

describe('a scrape from another country', () => {
  test('sees what a browser sees that was launched there, in every realm', async () => {
    await using browser = await launchIn('de-AT', 'Europe/Vienna')
    const launched = await browser.newPage({ viewport: { width: 1280, height: 720 } })
    // A session that was ready, so that all of it is set on a browser that runs, with its kernel.
    const on = await TestServer.forTest({ poolSize: 1 })
    await expect
      .poll(async () => (await on.api('GET', '/health')).body['pool'], { timeout: 20_000 })
      .toEqual({ ready: 1, starting: 0 })
    const location = { country: 'at', languages: ['de-AT'] }
    await using page = await pageOf({ location }, { on, language: 'node' })
    expect(await site.viewsOf(page)).toEqual(await site.viewsOf(launched))
  })

  test('also in popups, in new tabs, and when a page of the same process has gone', async () => {
    await using page = await pageOf({ location: { country: 'JP', languages: ['fr', 'ja'] } })
    const expected = await site.viewsOf(page)
    expect(expected['page']).toMatchObject({
      changed: false,
      languages: 'fr,ja',
      number: '1\u202f234,5',
    })
    expect(expected['page']?.['date']).toContain('GMT+0900')
    const opening = page.waitForEvent('popup')
    await page.evaluate(`void open(${JSON.stringify(site.url)})`)
    const popup = await opening
    await popup.waitForLoadState()
    expect(await site.viewsFrom(popup)).toEqual(expected)
    const tab = await page.context().newPage()
    expect(await site.viewsOf(tab)).toEqual(expected)
    // What a process was told is forgotten with the page through which it was told.
    await page.goto(site.foreignUrl)
    const format = `JSON.stringify(Intl.DateTimeFormat().resolvedOptions())`
    await expect
      .poll(() => popup.evaluate(format), { timeout: 10_000 })
      .toBe(expected['page']?.['format'])
    await tab.close()
    expect(await popup.evaluate(format)).toBe(expected['page']?.['format'])
  })

  test('sees it from the first moment on, also where no client holds what opens', async () => {
    const { body } = await server.api<ScrapeResponse>('POST', '/v2/scrape', {
      url: site.lookingUrl,
      location: { country: 'at', languages: ['de-AT'] },
      actions: [
        { type: 'wait', selector: '#views' },
        { type: 'executeJavascript', script: 'document.querySelector("#views").textContent' },
      ],
    })
    const shown = body.data.actions?.javascriptReturns?.[0]?.value as string
    const views = Object.entries(JSON.parse(shown) as Awaited<ReturnType<typeof site.viewsOf>>)
    expect(views.map(([realm]) => realm)).toContain('worker')
    for (const [realm, view] of views) {
      const { changed, languages, number, date } = view
      expect({ realm, changed, languages, number }).toEqual({
        realm,
        changed: false,
        languages: 'de-AT',
        number: '1\u00a0234,5',
      })
      expect(date).toContain('GMT+0100')
    }
  })

  test('asks for its languages in every request', async () => {
    site.requests.length = 0
    await using page = await pageOf({ location: { country: 'BR' } })
    await site.viewsOf(page)
    const asked = site.requests.map((headers) => headers['accept-language'])
    // Chromium fetches the programs of the two workers that pages share before these can be told.
    const own = asked.filter((header) => header === 'en-US')
    expect(own.length).toBeLessThanOrEqual(2)
    const rest = asked.filter((header) => header !== 'en-US')
    expect(rest.length).toBeGreaterThan(4)
    expect(new Set(rest)).toEqual(new Set(['pt-BR,pt;q=0.9']))
  })
})

describe('a scrape as a telephone', () => {
  test('sees one in every realm, and the page is laid out for it', async () => {
    await using page = await pageOf({ mobile: true }, { language: 'node' })
    const views = await site.viewsOf(page)
    const telephone = /^Mozilla\/5\.0 \(Linux; Android 10; K\) .* Chrome\/\d+\.0\.0\.0 Mobile /
    for (const [realm, view] of Object.entries(views)) {
      const { mobile, platform } = JSON.parse(String(view['detailed'])) as Record<string, unknown>
      expect({ realm, mobile, platform }).toEqual({ realm, mobile: true, platform: 'Android' })
      if (realm === 'shared' || realm === 'service') continue
      expect(view['userAgent']).toMatch(telephone)
    }
    expect(views['page']).toMatchObject({
      changed: false,
      screen: '412,915,412,915,portrait-primary',
      window: '412,915',
      pixels: 2.625,
      touch: '5,true,true',
    })
  })

  test('gives the page as a telephone gets it', async () => {
    const { body } = await server.api<ScrapeResponse>('POST', '/v2/scrape', {
      url: site.url,
      mobile: true,
      formats: ['screenshot'],
    })
    const png = Buffer.from(body.data.screenshot?.split(',')[1] ?? '', 'base64')
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([412, 915])
    expect(site.requests.at(-1)?.['sec-ch-ua-mobile']).toBe('?1')
  })
})

test('without any of it pages see the same language on every machine, unmoved', async () => {
  await using page = await pageOf({})
  const views = await site.viewsOf(page)
  expect(new Set(Object.values(views).map(({ languages }) => languages))).toEqual(
    new Set(['en-US']),
  )
  expect(views['page']).toMatchObject({ language: 'en-US', resized: 0, window: '1280,720' })
})

test.each([
  [{ location: { country: 'Austria' } }, /country as in ISO 3166-1/],
  [{ location: { country: 'ZZ' } }, /country as in ISO 3166-1/],
  [{ location: { languages: ['de_AT'] } }, /must be a language/],
  [{ location: { languages: [] } }, /./],
  [{ location: { city: 'Graz' } }, /./],
  [{ mobile: 'yes' }, /./],
])('what is no place is refused: %j', async (options, sentence) => {
  const { status, body } = await server.api('POST', '/v2/scrape', { url: site.url, ...options })
  expect(status).toBe(400)
  expect(JSON.stringify(body)).toMatch(sentence)
})
