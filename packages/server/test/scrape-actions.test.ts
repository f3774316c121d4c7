import { createServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { ScrapeDocument, ScrapeRequest, ScrapeResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PageServer } from './page-server.ts'
import { NameServer } from './support/name-server.ts'
import { TestServer } from './support/test-server.ts'
import { untrustedCertificate } from './support/untrusted-certificate.ts'

const advertiser = 'static.doubleclick.net'
const publisher = 'news.test'

let server: TestServer
let site: PageServer
let names: NameServer

beforeAll(async () => {
  names = await NameServer.start((name) =>
    name === advertiser || name === publisher ? ['127.0.0.1'] : 'unknown',
  )
  site = await PageServer.start()
  server = await TestServer.start({ egressNameServers: [names.address] })
})

afterAll(async () => {
  await server.close()
  await site.close()
  await names[Symbol.asyncDispose]()
})

type Failure = { success: false; error: string; code?: string }

const pause = (milliseconds: number) => ({ type: 'wait', milliseconds })

const post = (request: Record<string, unknown>) =>
  server.api<ScrapeResponse | Failure>('POST', '/v2/scrape', request)

async function scrape(
  url: string,
  options: Partial<ScrapeRequest> | Record<string, unknown> = {},
): Promise<ScrapeDocument> {
  const { status, body } = await post({ url, ...options })
  if (!('data' in body)) throw new Error(`No page: ${status} ${JSON.stringify(body)}`)
  return body.data
}

describe('actions', () => {
  test('do what a person would do, in their order, and give what they were asked for', async () => {
    const url = site.serve(
      '/order',
      `<title>Order</title><main style="height: 5000px"><h1>Order</h1>
      <input onkeydown="if (event.key === 'Enter') show('for ' + this.value)">
      <button onclick="show('clicked')">Add</button>
      <i onclick="this.remove(); show('removed')">a</i><i onclick="this.remove(); show('removed')">b</i>
      <div id=box style="height: 100px; overflow: auto"><p style="height: 900px">x</div><ol></ol></main>
      <script>function show(text) { setTimeout(() => document.querySelector('ol').append(
        Object.assign(document.createElement('li'), { textContent: text, className: text })), 50) }
      </script>`,
    )
    const { actions, markdown, metadata } = await scrape(url, {
      actions: [
        { type: 'click', selector: 'button' },
        { type: 'wait', selector: '.clicked' },
        { type: 'scrape' },
        { type: 'click', selector: 'input' },
        { type: 'write', text: 'Ada' },
        { type: 'press', key: 'ENTER' },
        { type: 'click', selector: 'i', all: true },
        { type: 'click', selector: '.none', all: true },
        { type: 'scroll', direction: 'down' },
        { type: 'scroll', selector: '#box' },
        { type: 'wait', milliseconds: 100 },
        {
          type: 'executeJavascript',
          script: `const y = await 1; [scrollY > 0, document.querySelector('#box').scrollTop]`,
        },
        { type: 'executeJavascript', script: `return document.title` },
        { type: 'executeJavascript', script: `Promise.resolve(7)` },
        { type: 'executeJavascript', script: `document.body` },
        { type: 'screenshot', quality: 30, viewport: { width: 300, height: 200 } },
        { type: 'pdf', format: 'A6', landscape: true },
      ],
    })
    expect(markdown).toMatch(/1\. clicked\n2\. for Ada\n3\. removed\n4\. removed/)
    expect(metadata).toMatchObject({ title: 'Order', statusCode: 200 })
    expect(actions).toEqual({
      scrapes: [{ url, html: expect.stringContaining('<li class="clicked">clicked</li></ol>') }],
      javascriptReturns: [
        { type: 'object', value: [true, 100] },
        { type: 'string', value: 'Order' },
        { type: 'number', value: 7 },
        { type: 'object', value: {} },
      ],
      screenshots: [expect.stringMatching(/^data:image\/jpeg;base64,/)],
      pdfs: [expect.stringMatching(/^data:application\/pdf;base64,JVBERi0/)],
    })
  })

  test('may lead to another page, which is the one that is read', async () => {
    site.serve('/next', (_, response) => {
      response.writeHead(418, { 'content-type': 'text/html' }).end('<h1>Next</h1>')
    })
    const url = site.serve('/first', `<a href=/next>Next</a>`)
    const { markdown, metadata } = await scrape(url, {
      actions: [{ type: 'click', selector: 'a' }],
    })
    expect(markdown).toBe('# Next')
    expect(metadata).toMatchObject({
      sourceURL: url,
      url: `${site.url}/next`,
      statusCode: 418,
      error: "I'm a Teapot",
    })
  })

  // At once, because each of them waits for its timeout.
  test.concurrent.each([
    [{ type: 'click', selector: 'h7' }, 500, /actions\[1\] \(click\): nothing on the page matches/],
    [
      { type: 'click', selector: '[[' },
      400,
      /actions\[1\] \(click\): "\[\[" is not a CSS selector/,
    ],
    [{ type: 'click', selector: '#off' }, 500, /is hidden, disabled, moving or covered/],
    [{ type: 'executeJavascript', script: 'throw new Error("no")' }, 500, /threw Error: no/],
    [{ type: 'executeJavascript', script: 'for (;;);' }, 408, /within the timeout/],
  ])('that cannot be done say so: %j', { timeout: 20_000 }, async (action, status, sentence) => {
    const url = site.serve('/failing', '<h1>Fine</h1><button id=off disabled>Off</button>')
    const actions = [{ type: 'scrape' }, action]
    const answer = await post({ url, actions, timeout: 5_000 })
    expect(answer.status).toBe(status)
    expect((answer.body as Failure).error).toMatch(sentence)
  })
})

test.each([
  [{ actions: [{ type: 'hover', selector: 'a' }] }, /must have as type one of wait, click/],
  [{ actions: [{ type: 'wait' }] }, /either "milliseconds" or "selector"/],
  [{ actions: [{ type: 'wait', milliseconds: 1, selector: 'a' }] }, /either "milliseconds"/],
  [{ actions: [{ type: 'press', key: 'Any' }] }, /has a name such as "Enter"/],
  [{ actions: [{ type: 'click', selector: 'a', force: true }] }, /Unrecognized key.*force/],
  [{ waitFor: 9_000, actions: [9_000, 9_000, 9_000].map(pause) }, /36000 ms/],
  [{ formats: ['json'] }, /This server has no other formats/],
  [{ proxy: 'stealth' }, /must be "basic" or "auto"/],
  [{ redactPII: true }, /can only be false/],
  [{ location: { timezone: 'Vienna' } }, /must be a time zone/],
  [{ onlyMain: true }, /^Unrecognized key in body .* \(onlyMain\)/],
])('what cannot be done is refused before anything is loaded: %j', async (options, sentence) => {
  const { status, body } = await post({ url: site.url, ...options })
  expect(status).toBe(400)
  expect(body).toMatchObject({ success: false, code: 'BAD_REQUEST' })
  expect((body as Failure).error).toMatch(sentence)
})

test('what has no effect here is taken, and nothing is ever cached', async () => {
  const url = site.serve('/plain', '<h1>Plain</h1>')
  const options = {
    ...{ maxAge: 600_000, storeInCache: false, proxy: 'auto', parsers: ['pdf', { type: 'image' }] },
    ...{ lockdown: false, redactPII: false, threatProtection: { mode: 'off' }, fastMode: true },
    ...{
      auditMetadata: { username: 'ada' },
      integration: 'n8n',
      location: { timezone: 'Asia/Tokyo' },
    },
  }
  expect((await scrape(url, options)).metadata).toMatchObject({
    ...{ proxyUsed: 'basic', cacheState: 'miss', creditsUsed: 1, concurrencyLimited: false },
  })
  for (const option of [{ minAge: 0 }, { lockdown: true }]) {
    expect(await post({ url, ...option })).toMatchObject({
      status: 404,
      body: { success: false, code: 'SCRAPE_NO_CACHED_DATA' },
    })
  }
})

test('a page that is wanted fast is read before its scripts have what they ask for', async () => {
  let isHeld = true
  site.serve('/data', (_, response) => {
    if (!isHeld) response.end('Second')
  })
  const script = `fetch('/data').then((each) => each.text()).then((text) => (p.textContent = text))`
  const url = site.serve('/late', `<p id=p>First</p><script>${script}</script>`)
  const fast = await scrape(url, { fastMode: true })
  expect(fast).toMatchObject({ markdown: 'First' })
  expect(fast.warning).toBeUndefined()
  isHeld = false
  expect((await scrape(url)).markdown).toBe('Second')
})

test('images are all pictures of the page; written-out ones stay only when wanted', async () => {
  const inline = 'data:image/png;base64,iVBORw0KGgo='
  const url = site.serve(
    '/pictures',
    `<meta property="og:image" content="/share.png"><main>${'Words. '.repeat(50)}
     <img src=/a.png srcset="/a.png 1x, /b.png 2x" alt=A><img src="${inline}" alt=inline>
     <picture><source srcset=/c.webp><img src=/a.png></picture><video poster=/d.jpg></video></main>`,
  )
  const formats = ['images', 'html', 'markdown']
  const usual = await scrape(url, { formats })
  expect(usual.images).toEqual(
    ['/a.png', '/b.png', '/c.webp', '/d.jpg', '/share.png'].map((path) => site.url + path),
  )
  expect(usual.html).not.toContain('base64')
  expect(usual.markdown).toContain('inline')
  const whole = await scrape(url, { formats, removeBase64Images: false })
  expect(whole.html).toContain(inline)
  expect(whole.markdown).toContain(`![inline](${inline})`)
})

describe('hosts of advertising', () => {
  const asked: string[] = []
  const note = (url: string | undefined, host: string | undefined) =>
    asked.push(`${host?.split(':')[0]}${url}`)

  beforeAll(() => {
    const { port } = new URL(site.url)
    for (const path of ['/ad.js', '/frame', '/worker.js']) {
      site.serve(path, ({ url, headers }, response) => {
        note(url, headers.host)
        response.writeHead(200, {
          'content-type': path === '/frame' ? 'text/html' : 'text/javascript',
          'access-control-allow-origin': '*',
        })
        response.end(
          path === '/worker.js' ? `fetch('http://${advertiser}:${port}/ad.js?worker')` : '',
        )
      })
    }
    site.serve(
      '/news',
      `<h1>News</h1><script src="http://${advertiser}:${port}/ad.js"></script>
       <iframe src="http://${advertiser}:${port}/frame"></iframe>
       <script>new Worker('/worker.js')</script>`,
    )
  })

  test('are kept from pages, their frames and their workers, unless they are wanted', async () => {
    const url = `http://${publisher}:${new URL(site.url).port}/news`
    expect((await scrape(url)).markdown).toBe('# News')
    expect(asked).toEqual([`${publisher}/worker.js`])
    asked.length = 0
    await scrape(url, { blockAds: false })
    expect(asked.toSorted()).toEqual([
      `${publisher}/worker.js`,
      ...['/ad.js', '/ad.js?worker', '/frame'].map((path) => advertiser + path),
    ])
  })

  test('are pages like any other when they are what was asked for', async () => {
    const url = `http://${advertiser}:${new URL(site.url).port}/news`
    expect((await scrape(url)).markdown).toBe('# News')
  })
})

test('a certificate that nobody trusts is taken when the request says so', async () => {
  const secure = createServer(untrustedCertificate, (_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<h1>Inside</h1>')
  })
  secure.listen(0, '127.0.0.1')
  await once(secure, 'listening')
  const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/`
  try {
    expect(await post({ url })).toMatchObject({ status: 500, body: { code: 'SCRAPE_SSL_ERROR' } })
    expect((await scrape(url, { skipTlsVerification: true })).markdown).toBe('# Inside')
  } finally {
    secure.closeAllConnections()
    secure.close()
  }
})

test('what a scrape gave can be fetched again by its key, unless nothing was to be kept', async () => {
  const url = site.serve('/again', '<h1>Again</h1>')
  const document = await scrape(url, { formats: ['markdown', 'screenshot'] })
  const path = `/v2/scrape/${document.metadata.scrapeId}`
  expect(await server.api('GET', path)).toMatchObject({
    status: 200,
    body: { success: true, data: document },
  })
  const other = { key: TestServer.keys[1] }
  expect(await server.api('GET', path, undefined, other)).toMatchObject({
    status: 403,
    body: { success: false, error: 'You are not allowed to access this resource.' },
  })
  expect(await server.api('GET', '/v2/scrape/1')).toMatchObject({
    status: 400,
    body: { error: 'Invalid crawl ID' },
  })
  const { metadata } = await scrape(url, { zeroDataRetention: true })
  for (const id of [metadata.scrapeId, '01890000-0000-7000-8000-000000000000']) {
    expect(await server.api('GET', `/v2/scrape/${id}`)).toMatchObject({
      status: 404,
      body: { success: false, error: 'Job not found.' },
    })
  }
})
