import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'

import { type Browser, type Page, chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { type Handler, PageServer } from '../../test/page-server.ts'
import { findEngine } from '../browser/engine.ts'
import { ScrapeError } from './scrape-error.ts'
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

const scrape = (url: string, options: object = {}) =>
  scrapePage(page, { url, onlyMainContent: false, ...options }).then(({ document }) => document)

async function failure(url: string, options: object = {}): Promise<ScrapeError> {
  const error = await scrape(url, options).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ScrapeError)
  expect((error as Error).message).not.toMatch(/ERR_|page\.goto|Call log|node_modules/)
  return error as ScrapeError
}

describe('statuses', () => {
  test('an error status is a page', async () => {
    const document = await scrape(`${server.url}/nowhere`)
    expect(document.metadata).toMatchObject({ statusCode: 404, sourceURL: `${server.url}/nowhere` })
    expect(document.markdown).toBe('# Nothing here')
  })

  test.each([404, 500])('a %i without a body is an empty document', async (status) => {
    const url = server.serve('/bare', (_, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end()
    })
    const document = await scrape(url, { formats: ['markdown', 'links'] })
    expect(document).toMatchObject({ markdown: '', links: [], metadata: { statusCode: status } })
  })

  test('a 204 is an empty document', async () => {
    const url = server.serve('/204', (_, response) => response.writeHead(204).end())
    const document = await scrape(url)
    expect(document.metadata.statusCode).toBe(204)
    expect(document).toMatchObject({ markdown: '', warning: expect.stringContaining('without') })
  })

  test('redirects are followed, also those of scripts', async () => {
    const to = (location: string) => (_: unknown, response: ServerResponse) =>
      response.writeHead(302, { location }).end()
    server.serve('/end', (_, response) => {
      response.writeHead(201, { 'content-type': 'text/html' }).end('<p>End')
    })
    server.serve('/script', `<script>location.replace('/end')</script>`)
    const url = server.serve('/start', to('/script'))
    const { metadata, markdown } = await scrape(url)
    expect(markdown).toBe('End')
    expect(metadata).toMatchObject({ sourceURL: url, url: `${server.url}/end`, statusCode: 201 })
  })
})

describe('pages that do not behave', () => {
  test('waits for what a script fetches and renders', async () => {
    server.serve('/items', (_, response) => {
      setTimeout(() => response.end('["one","two"]'), 400)
    })
    const url = server.serve(
      '/client',
      `<ul></ul><script>fetch('/items').then((r) => r.json()).then((items) => {
        for (const item of items) document.querySelector('ul').append(
          Object.assign(document.createElement('li'), { textContent: item }))
      })</script>`,
    )
    expect((await scrape(url)).markdown).toBe('- one\n- two')
  })

  test('waitFor waits for what comes later still', async () => {
    const url = server.serve(
      '/later',
      `<p>a<script>setTimeout(() => document.body.append('late'), 900)</script>`,
    )
    expect((await scrape(url, { waitFor: 1_000 })).markdown).toContain('late')
  })

  test('does not wait for the programs of workers, whose end only these are told', async () => {
    server.serve('/worker.js', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end('postMessage("ready")')
    })
    const url = server.serve(
      '/worker',
      `<p>a<script>new Worker('/worker.js').onmessage = () => document.body.append('b')
        // Before that is waited for whatever does not come to rest.
        setTimeout(() => document.body.append('late'), 4_500)</script>`,
    )
    expect((await scrape(url)).markdown).toBe('a\n\nb')
  })

  test('dialogs are dismissed', async () => {
    const url = server.serve(
      '/alert',
      `<p id=p><script>alert(1); p.textContent = 'confirmed: ' + confirm('sure?')</script>`,
    )
    expect((await scrape(url)).markdown).toBe('confirmed: false')
  })

  test('one that never finishes gives what it has', async () => {
    const url = server.serve('/endless', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).write('<p>Part one</p><p>')
    })
    const start = performance.now()
    const document = await scrape(url, { timeout: 1_500, formats: ['markdown', 'screenshot'] })
    // It ends with its time, not with the page; the rest is for a machine that is busy otherwise.
    expect(performance.now() - start).toBeLessThan(5_000)
    expect(document.markdown).toBe('Part one')
    expect(document.warning).toContain('did not finish loading')
    expect(document.screenshot).toMatch(/^data:image\/png;base64,iVBOR/)
  })

  test.each([
    ['at once', '<p>Text</p><script>for (;;);</script>'],
    ['again and again', '<p>Text</p><script>setInterval(() => { for (;;); }, 1)</script>'],
  ])('one whose script runs for ever %s is read', async (_, html) => {
    const document = await scrape(server.serve('/loop', html), { timeout: 6_000 })
    expect(document.markdown).toBe('Text')
  })

  test(
    'one that is too large is cut, and the rest is not loaded',
    { timeout: 60_000 },
    async () => {
      let sent = 0
      const url = server.serve('/large', (_, response) => {
        response.writeHead(200, { 'content-type': 'text/html' })
        const paragraph = `<p>${'large '.repeat(20_000)}</p>`
        const more = (): void => {
          while (sent < 50_000_000 && !response.destroyed) {
            sent += paragraph.length
            if (!response.write(paragraph)) return void response.once('drain', more)
          }
          response.end()
        }
        more()
      })
      const document = await scrape(url, { formats: ['markdown', 'rawHtml'], timeout: 55_000 })
      expect(sent).toBeLessThan(50_000_000)
      expect(document.markdown).toMatch(/^large large/)
      expect(document.markdown?.length).toBeLessThanOrEqual(5_000_000)
      expect(document.rawHtml).toHaveLength(5_000_000)
      expect(document.warning).toMatch(/larger than 10 MiB.*rawHtml was cut/)
    },
  )
})

describe('no page', () => {
  test('a server that does not answer is a timeout', async () => {
    const url = server.serve('/silent', () => {})
    expect(await failure(url, { timeout: 1_000 })).toMatchObject({
      code: 'SCRAPE_TIMEOUT',
      status: 408,
    })
    expect((await scrape(server.serve('/fine', '<p>Fine'))).markdown).toBe('Fine')
  })

  test('the caller may give up', async () => {
    const controller = new AbortController()
    const reason = new Error('not needed any more')
    const url = server.serve('/silent', () => controller.abort(reason))
    const { signal } = controller
    await expect(scrapePage(page, { url }, { signal })).rejects.toBe(reason)
  })

  test.each([
    ['http://name.invalid/', 'SCRAPE_DNS_RESOLUTION_ERROR', 200, /name\.invalid does not resolve/],
    ['http://127.0.0.1:25/', 'SCRAPE_ADDRESS_BLOCKED', 403, /do not allow 127\.0\.0\.1:25/],
  ])('%s is %s', async (url, code, status, sentence) => {
    const error = await failure(url)
    expect(error).toMatchObject({ code, status })
    expect(error.message).toMatch(sentence)
  })

  test('a refused connection, a reset one, and one that is no TLS', async () => {
    const plain = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.resetAndDestroy())
    })
    await new Promise<void>((resolve) => {
      plain.listen(0, '127.0.0.1', resolve)
    })
    const host = `127.0.0.1:${(plain.address() as AddressInfo).port}`
    expect(await failure(`http://${host}/`)).toMatchObject({ code: 'SCRAPE_SITE_ERROR' })
    const secure = server.url.replace('http:', 'https:')
    expect(await failure(`${secure}/`)).toMatchObject({ code: 'SCRAPE_SSL_ERROR', status: 500 })
    await new Promise((resolve) => {
      plain.close(resolve)
    })
    const refused = await failure(`http://${host}/`)
    expect(refused).toMatchObject({ code: 'SCRAPE_SITE_ERROR', status: 500 })
    expect(refused.message).toBe(`${host} refused the connection.`)
  })

  test('redirects in a circle', async () => {
    const url = server.serve('/circle', (_, response) => {
      response.writeHead(302, { location: '/circle' }).end()
    })
    expect((await failure(url)).message).toMatch(/redirects in a circle/)
  })

  test('a script that leads to a dead host', async () => {
    const url = server.serve('/away', `<script>location.href = 'http://name.invalid/'</script>`)
    expect(await failure(url)).toMatchObject({ code: 'SCRAPE_DNS_RESOLUTION_ERROR' })
  })

  test.each([
    ['application/zip', {}],
    ['application/pdf', {}],
    ['text/html', { 'content-disposition': 'attachment; filename=page.html' }],
  ])('a download of %s', async (type, headers) => {
    const url = server.serve('/file', (_, response) => {
      response.writeHead(200, { 'content-type': type, ...headers }).end('content')
    })
    const error = await failure(url)
    expect(error.code).toBe('SCRAPE_UNSUPPORTED_FILE_ERROR')
    expect(error.message).toContain(type)
  })

  test('a page that crashes the tab', async () => {
    const cdp = await page.context().newCDPSession(page)
    // Before that the crash would hit the page that is being left.
    page.once('framenavigated', () => void cdp.send('Page.crash').catch(() => {}))
    const url = server.serve('/crash', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).write('<p>')
    })
    expect((await failure(url)).message).toMatch(/crashed the browser tab/)
  })

  test('a browser that ends meanwhile', async () => {
    const url = server.serve('/silent', () => void page.close())
    expect(await failure(url)).toMatchObject({ code: 'SCRAPE_BROWSER_GONE', status: 502 })
  })
})

test('headers go to the host that was asked for and to nobody else', async () => {
  const received: string[] = []
  const note: Handler = ({ headers, url }, response) => {
    received.push([headers.host?.split(':')[0], url, headers['x-key'], headers.accept].join(' '))
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end()
  }
  server.serve('/own.js', note)
  server.serve('/foreign.js', note)
  const foreign = server.url.replace('127.0.0.1', 'localhost')
  const url = server.serve('/with-headers', (request, response) => {
    note(request, { writeHead: () => ({ end: () => {} }) } as never)
    response.setHeader('content-type', 'text/html')
    response.end(`<script src=/own.js></script><script src=${foreign}/foreign.js></script>`)
  })
  await scrape(url, { headers: { 'X-Key': 'secret', Accept: 'text/x-test' } })
  expect(received).toEqual([
    '127.0.0.1 /with-headers secret text/x-test',
    '127.0.0.1 /own.js secret text/x-test',
    'localhost /foreign.js  */*',
  ])
})

test.each([
  ['two lines', { 'X-Key': 'secret\r\nX-Other: 1' }, 'X-Key'],
  ['a name with a space', { 'X Key': 'secret' }, 'X Key'],
  ['what the browser itself says', { Host: 'other.example' }, 'Host'],
])('a header that cannot be sent is named at once: %s', async (_, headers, name) => {
  const url = server.serve('/page', '<p>Content')
  const error = await failure(url, { headers })
  expect(error).toMatchObject({ code: 'BAD_REQUEST', status: 400 })
  expect(error.message).toContain(JSON.stringify(name))
  expect(error.message).not.toContain('secret')
})
