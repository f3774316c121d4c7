import { readFileSync } from 'node:fs'

import { type Browser, type Page, chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { PageServer } from '../../test/page-server.ts'
import { findEngine } from '../browser/engine.ts'
import { scrapePage } from './scrape-page.ts'

let browser: Browser
let server: PageServer
let page: Page

beforeAll(async () => {
  const { executablePath, env } = await findEngine()
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  browser = await chromium.launch({ executablePath, args, env: { ...process.env, ...env } })
  server = await PageServer.start()
}, 60_000)
afterAll(async () => {
  await browser.close()
  await server.close()
})
beforeEach(async () => {
  page = await browser.newPage()
})
afterEach(() => page.close())

const all = ['markdown', 'html', 'rawHtml', 'links'] as const

function scrape(html: string, options: object = {}) {
  const url = server.serve('/folder/page', html)
  const request = { url, formats: [...all], onlyMainContent: false, ...options }
  return scrapePage(page, request).then(({ document }) => document)
}

async function markdown(html: string, options: object = {}): Promise<string> {
  const document = await scrape(html, { formats: ['markdown'], ...options })
  return document.markdown?.replaceAll(server.url, '') ?? ''
}

describe('markdown', () => {
  test('headings, emphasis, links and pictures', async () => {
    const html = `<h1>Title <a href="#t">#</a></h1><p>Some <b>bold</b>, <i>slanted</i> and
      <a href="next?a=1&b=2">linked</a> text a_b*c. <img src="/p (1).png" alt="A [picture]"></p>
      <img src="data:image/png;base64,AAAA" alt="inline">`
    expect(await markdown(html)).toBe(
      '# Title\n\nSome **bold**, _slanted_ and [linked](/folder/next?a=1&b=2) text a\\_b\\*c. ' +
        '![A picture](/p%20%281%29.png)\n\ninline',
    )
  })

  test('nested lists', async () => {
    const html = `<ul><li>one<ol start="3"><li>three</li><li>four<ul><li>deep</ul></li></ol></li>
      <li><p>two</p><p>more</p></li></ul>`
    expect(await markdown(html)).toBe('- one\n  3. three\n  4. four\n     - deep\n- two\n\n  more')
  })

  test('tables, also with characters of their own syntax', async () => {
    const html = `<table><caption>Prices</caption><thead><tr><th>Name<th>Price</thead>
      <tr><td>a|b_c<td><b>1</b><br>2</tr><tr><td colspan=2>wide</tr></table>`
    expect(await markdown(html)).toBe(
      'Prices\n\n| Name | Price |\n| --- | --- |\n| a\\|b\\_c | **1** 2 |\n| wide |  |',
    )
  })

  test('tables that only arrange things are no tables', async () => {
    const html = `<table><tr><td><h2>Left</h2><td><table><tr><th>k<th>v<tr><td>1<td>2</table></table>`
    expect(await markdown(html)).toBe('## Left\n\n| k | v |\n| --- | --- |\n| 1 | 2 |')
  })

  test('code with its language, as it is', async () => {
    const html =
      '<pre class="highlight"><code class="hljs language-ts">if (a &lt; b) {\n\n  ```\n}\n</code></pre>' +
      '<div class="highlight-source-py"><pre>x = <span>1</span></pre></div><p>An <code>a_`b</code>.'
    expect(await markdown(html)).toBe(
      '````ts\nif (a < b) {\n\n  ```\n}\n````\n\n```py\nx = 1\n```\n\nAn ``a_`b``.',
    )
  })

  test('a card that is one link', async () => {
    const html = `<a href="/card"><h3>Card</h3><p>About it</p></a><a href="/x" aria-label="Icon"><svg></svg></a>`
    expect(await markdown(html)).toBe('[Card About it](/card)\n\n[Icon](/x)')
  })

  test('text in any script', async () => {
    expect(await markdown('<meta charset=utf-8><p>Привет, 世界 — שלום 😀')).toBe(
      'Привет, 世界 — שלום 😀',
    )
  })

  test('an empty page is empty', async () => {
    expect(await scrape('')).toMatchObject({ markdown: '', html: '', links: [] })
    expect(await markdown('', { onlyMainContent: true })).toBe('')
  })
})

describe('what belongs to the content', () => {
  const article = `<title>T</title><header><a href=/>Logo</a></header><nav><a href="/nav">Nav</a></nav>
    <main><article><header><h1>Story</h1></header><p class=intro>Once upon a time.</p>
    <aside>A note</aside><footer>By me</footer></article></main>
    <div class="cookie-banner">Cookies?</div><footer>Imprint</footer>`

  test('onlyMainContent leaves out what is around it, but no links', async () => {
    const document = await scrape(article, { onlyMainContent: true })
    expect(document.markdown).toBe('# Story\n\nOnce upon a time.\n\nA note\n\nBy me')
    expect(document.html).not.toMatch(/Nav|Imprint|Cookies/)
    expect(document.links).toEqual([`${server.url}/`, `${server.url}/nav`])
    expect(await markdown(article)).toMatch(/Logo[^]*Nav[^]*Story[^]*Cookies[^]*Imprint/)
  })

  test('an article without semantic elements is found, its title kept', async () => {
    const text = 'A sentence, with commas, that goes on for a while, as sentences do. '.repeat(6)
    const html = `<div id=a><a href=/1>Home</a> <a href=/2>Shop</a></div><div id=b><h1>The title</h1>
      <p>${text}</p><p>${text}</p><p>${text}</p></div><div id=c><a href=/3>More</a></div>`
    const found = await markdown(html, { onlyMainContent: true })
    expect(found).toMatch(/^# The title\n\nA sentence/)
    expect(found).not.toMatch(/Home|More/)
  })

  test('a list of products does not lose any', async () => {
    const items = Array.from(
      { length: 30 },
      (_, i) => `<div class=card><h3>Item ${i}</h3>${i} €</div>`,
    )
    const found = await markdown(`<nav>Menu</nav><div>${items.join('')}</div>`, {
      onlyMainContent: true,
    })
    expect(found.match(/### Item/g)).toHaveLength(30)
    expect(found).not.toContain('Menu')
  })

  test('a page of navigation only is kept', async () => {
    const html = '<nav><a href="/a">A</a></nav>'
    expect(await markdown(html, { onlyMainContent: true })).toBe('[A](/a)')
  })

  test('includeTags and excludeTags', async () => {
    const tags = { onlyMainContent: true, includeTags: ['.intro', 'nav'], excludeTags: ['footer'] }
    expect(await markdown(article, tags)).toBe('[Nav](/nav)\n\nOnce upon a time.')
    const document = await scrape(article, { excludeTags: ['header', 'nav', '.cookie-banner'] })
    expect(document.links).toEqual([])
    expect(document.rawHtml).toContain('<nav>')
  })

  test.each(['includeTags', 'excludeTags'])('%s must be selectors', async (option) => {
    await expect(scrape(article, { [option]: ['p', 'p['] })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      status: 400,
      message: `${option} has "p[", which is not a CSS selector.`,
    })
  })

  test('open shadow roots, slots and frames of the same origin', async () => {
    server.serve('/frame/in', '<base href="/elsewhere/"><p>Framed <a href="link">link</a>')
    const html = `<my-card><b slot=title>Slotted</b> lost</my-card><iframe src="/frame/in"></iframe>
      <script>customElements.define('my-card', class extends HTMLElement { constructor() {
        super().attachShadow({ mode: 'open' }).innerHTML =
          '<style>:host{display:block}</style><slot name=title>Fallback</slot><p>Shadow</p>' } })</script>`
    expect(await markdown(html)).toBe('**Slotted**\n\nShadow\n\nFramed [link](/elsewhere/link)')
    const { html: cleaned } = await scrape(html, { includeTags: ['my-card'] })
    expect(cleaned).toBe('<my-card><b slot="title">Slotted</b><p>Shadow</p></my-card>')
  })
})

describe('html, links, metadata and picture', () => {
  test('html is clean and its addresses absolute', async () => {
    const html = `<base href="/base/"><!-- comment --><style>p{}</style><noscript>no</noscript>
      <p onclick="x()" style="color:red" class=k><a href="a">A</a><a href=" java&#10;script:x()">J</a>
      <img src=i.png srcset="i.png 1x, j.png 2x" onerror="x()"></p><svg><script>1</script></svg>
      <textarea></textarea><script>'</textarea>'</script><p title="T" onfocus="</textarea>">`
    const document = await scrape(html)
    expect(document.html?.replaceAll(server.url, '').replace(/\s+/g, ' ')).toBe(
      '<p class="k"><a href="/base/a">A</a><a>J</a> <img src="/base/i.png" srcset="/base/i.png 1x, ' +
        '/base/j.png 2x"></p> <textarea></textarea><p title="T"></p>',
    )
    expect(document.rawHtml).toMatch(/^<html><head><base[^]*onclick[^]*<\/html>$/)
  })

  test('links are absolute, each once, web and mail', async () => {
    const html = `<a href="a">1</a><a href="./a">2</a><a href="#here">3</a><a href="b#x">4</a>
      <a href="mailto:me@example.com">5</a><a href="javascript:1">6</a><a href="tel:1">7</a>
      <map><area href="https://example.com"></map><a>8</a><a href="http://[">9</a>`
    expect((await scrape(html)).links).toEqual([
      `${server.url}/folder/a`,
      `${server.url}/folder/b#x`,
      'mailto:me@example.com',
      'https://example.com/',
    ])
  })

  test('metadata is what the page says, and cannot replace what we know', async () => {
    const html = `<html lang="de-CH"><title> A
      title </title><meta name=description content="About"><meta property="og:title" content="OG">
      <meta name=theme content=1><meta name=theme content=2><meta name=statusCode content=999>
      <meta name=__proto__ content=x><meta name=CONSTRUCTOR content=y><link rel="shortcut icon" href="/icon.png">`
    const { metadata } = await scrape(html)
    expect(metadata).toEqual({
      ...{ proxyUsed: 'basic', cacheState: 'miss', creditsUsed: 1, concurrencyLimited: false },
      sourceURL: `${server.url}/folder/page`,
      url: `${server.url}/folder/page`,
      statusCode: 200,
      contentType: 'text/html',
      title: 'A title',
      language: 'de-CH',
      description: 'About',
      ogTitle: 'OG',
      'og:title': 'OG',
      theme: ['1', '2'],
      CONSTRUCTOR: 'y',
      favicon: `${server.url}/icon.png`,
    })
  })

  test('pictures: size, format, whole page, bounded', async () => {
    const size = async (format: object): Promise<object> => {
      const { screenshot = '', warning } = await scrape('<body style="height:30000px;margin:0">', {
        formats: [{ type: 'screenshot', ...format }],
      })
      const found = await page.evaluate<object>(`(async () => {
        const image = Object.assign(new Image(), { src: ${JSON.stringify(screenshot)} })
        await image.decode()
        return { width: image.naturalWidth, height: image.naturalHeight }
      })()`)
      return { ...found, type: screenshot.slice(5, screenshot.indexOf(';')), warning }
    }
    const viewport = { width: 640, height: 480 }
    expect(await size({ viewport })).toEqual({ ...viewport, type: 'image/png' })
    expect(await size({ viewport, quality: 40 })).toEqual({ ...viewport, type: 'image/jpeg' })
    expect(await size({ fullPage: true, quality: 5 })).toEqual({
      width: expect.any(Number),
      height: 16_384,
      type: 'image/jpeg',
      warning: expect.stringContaining('largest picture'),
    })
  })
})

test.each([
  ['application/json', '{"a":"``` <b>"}', '````json\n{"a":"``` <b>"}\n````'],
  ['text/plain; charset=utf-8', '# <b> ä', '# <b> ä'],
  ['application/xml', '<r><i a="1">x</i></r>', '```xml\n<r><i a="1">x</i></r>\n```'],
])('%s is shown as it is', async (type, body, expected) => {
  const url = server.serve('/data', (_, response) => {
    response.writeHead(200, { 'content-type': type }).end(body)
  })
  const { document } = await scrapePage(page, { url, formats: [...all] })
  expect(document.markdown).toBe(expected)
  expect(document.html).toMatch(/^<pre>[^<]*<\/pre>$/)
  expect(document.metadata.contentType).toBe(type)
})

describe('hostile pages', () => {
  test('built-ins replaced, properties hidden by names', async () => {
    const html = `<img name=body><img name=documentElement><img name=implementation><img name=scripts>
      <form name=querySelectorAll><input name=attributes><input name=childNodes><input name=firstChild>
      <input name=getAttribute><input name=nodeName><input id=textContent><p>Inside</p></form>
      <script>
        const fail = () => { throw new Error('hijacked') }
        for (const type of [Array, String, Map, Set, Node, Element, Document, RegExp, Promise])
          for (const name of Object.getOwnPropertyNames(type.prototype))
            try { Object.defineProperty(type.prototype, name, { get: fail, set: fail }) } catch {}
        JSON.parse = JSON.stringify = Object.getOwnPropertyDescriptor = fail
        globalThis.MutationObserver = globalThis.URL = globalThis.getComputedStyle = undefined
      </script><p>After`
    const document = await scrape(html)
    expect(document.markdown).toBe('Inside\n\nAfter')
    expect(document.html).toContain('<p>Inside</p>')
    expect(document.rawHtml).toContain('name="attributes"')
  })

  test('a policy against innerHTML', async () => {
    const url = server.serve('/strict', (_, response) => {
      const policy = "require-trusted-types-for 'script'; trusted-types 'none'; default-src 'none'"
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
      response.end(`<h1>Strict</h1><p>${'words, '.repeat(200)}</p>`)
    })
    expect((await scrapePage(page, { url })).document.markdown).toMatch(/^# Strict\n\nwords, /)
  })

  test('elements nested without end', async () => {
    const html = `<p><script>let at = document.body
      for (let i = 0; i < 1000; i++) at = at.appendChild(document.createElement('div'))
      at.textContent = 'bottom'</script>`
    expect(await markdown(html)).toBe('bottom')
    expect(await markdown(html, { onlyMainContent: true })).toBe('bottom')
  })

  test('more elements than anybody reads', async () => {
    const html = `<p>First</p><ul hidden></ul><script>const list = document.querySelector('ul')
      for (let i = 0; i < 110000; i++) list.append(document.createElement('li'))</script>`
    const document = await scrape(html, { formats: ['html', 'links'] })
    expect(document.html).toMatch(/^<p>First/)
    expect(document.warning).toContain('only its beginning was read')
  })

  test('the page is not changed and is not told', async () => {
    const html = `<main><p>Text<script>globalThis.told = globalThis.keys = 0
      new MutationObserver(() => told++).observe(document, { subtree: true, childList: true, attributes: true })
      keys = Object.getOwnPropertyNames(globalThis).length</script></main>`
    await scrape(html, { onlyMainContent: true, formats: [...all, 'screenshot'] })
    const state = 'JSON.stringify([told, Object.getOwnPropertyNames(globalThis).length - keys])'
    expect(await page.evaluate(state)).toBe('[0,0]')
  })
})

test('the program that runs in the page needs nothing from here', () => {
  for (const name of ['copy-document', 'extract', 'main-content', 'read-metadata', 'to-markdown']) {
    const source = readFileSync(new URL(`page-program/${name}.ts`, import.meta.url), 'utf8')
    expect(source.match(/^import (?!type)/gm)).toBeNull()
  }
})
