import type { ScrapeResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PageServer } from './page-server.ts'
import { NameServer } from './support/name-server.ts'
import { TestServer } from './support/test-server.ts'

let site: PageServer
let server: TestServer
let names: NameServer

beforeAll(async () => {
  names = await NameServer.start(() => 'unknown')
  site = await PageServer.start()
  server = await TestServer.start({ egressNameServers: [names.address] })
})

afterAll(async () => {
  await server.close()
  await site.close()
  await names[Symbol.asyncDispose]()
})

describe('what is no page, or does not behave,', () => {
  /** Sends HTML until somebody has enough, or there were 50 MB, and tells how much it was. */
  function serveHuge(): { url: string; sent: () => number } {
    const piece = `<p>${'x'.repeat(1_000_000)}</p>`
    let pieces = 0
    const url = site.serve('/huge', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      const send = (): void => {
        while (pieces < 50 && !response.destroyed) {
          pieces += 1
          if (!response.write(piece)) return void response.once('drain', send)
        }
        response.end()
      }
      send()
    })
    return { url, sent: () => pieces * piece.length }
  }

  test('is answered in time and leaves nothing', { timeout: 60_000 }, async () => {
    const serve = (path: string, status: number, headers: Record<string, string>, text = '') =>
      site.serve(path, (_, response) => response.writeHead(status, headers).end(text))
    const cases: [string, number, object, number?][] = [
      [
        serve('/pdf', 200, { 'content-type': 'application/pdf' }, '%PDF-1.4'),
        500,
        {
          code: 'SCRAPE_UNSUPPORTED_FILE_ERROR',
          error: expect.stringContaining('a PDF, which this server does not read'),
        },
      ],
      [
        serve('/zip', 200, { 'content-type': 'application/zip' }, 'PK'),
        500,
        {
          code: 'SCRAPE_UNSUPPORTED_FILE_ERROR',
        },
      ],
      [serve('/circle', 302, { location: '/circle' }), 500, { code: 'SCRAPE_SITE_ERROR' }],
      [
        serve('/text', 200, { 'content-type': 'text/plain' }, 'a *b*'),
        200,
        {
          data: { markdown: 'a *b*', metadata: { contentType: 'text/plain' } },
        },
      ],
      [
        serve('/json', 200, { 'content-type': 'application/json' }, '{"a":1}'),
        200,
        {
          data: { markdown: '```json\n{"a":1}\n```' },
        },
      ],
      [
        serve('/broken', 503, { 'content-type': 'text/html' }, '<h1>Later'),
        200,
        {
          data: {
            markdown: '# Later',
            metadata: { statusCode: 503, error: 'Service Unavailable' },
          },
        },
      ],
      [
        site.serve('/alert', `<p id=p><script>alert(1); p.textContent = 'after'</script>`),
        200,
        {
          data: { markdown: 'after' },
        },
      ],
      [
        serve('/gone', 404, { 'content-type': 'text/html' }, '<h1>Gone'),
        200,
        { data: { markdown: '# Gone', metadata: { statusCode: 404, error: 'Not Found' } } },
      ],
      [
        serve('/download', 200, {
          'content-type': 'text/html',
          'content-disposition': 'attachment; filename="a.html"',
        }),
        500,
        { code: 'SCRAPE_UNSUPPORTED_FILE_ERROR' },
      ],
      [
        site.serve('/endless', (_, response) => {
          response.writeHead(200, { 'content-type': 'text/html' })
          response.write('<h1>Begun</h1>')
        }),
        200,
        {
          data: {
            markdown: '# Begun',
            warning: expect.stringContaining('did not finish loading'),
          },
        },
        3_000,
      ],
      [
        site.serve('/loop', `<h1>Loop</h1><script>setTimeout(() => { for (;;); }, 0)</script>`),
        200,
        { data: { markdown: '# Loop' } },
        5_000,
      ],
      [site.serve('/silent', () => {}), 408, { success: false, code: 'SCRAPE_TIMEOUT' }, 1_500],
      ['http://nowhere.test/', 200, { success: false, code: 'SCRAPE_DNS_RESOLUTION_ERROR' }],
    ]
    for (const [url, status, body, timeout = 10_000] of cases) {
      const since = performance.now()
      const answer = await server.api('POST', '/v2/scrape', { url, timeout })
      expect({ url, ...answer }).toMatchObject({ url, status, body })
      // The timeout, and what a busy machine takes for the browser to start and to end.
      expect(performance.now() - since).toBeLessThan(timeout + 5_000)
    }
    const huge = serveHuge()
    const answer = await server.api<ScrapeResponse>('POST', '/v2/scrape', {
      ...{ url: huge.url, formats: ['markdown', 'rawHtml'], timeout: 20_000 },
    })
    const data = { warning: expect.stringContaining('larger than 10 MiB') }
    expect(answer).toMatchObject({ status: 200, body: { success: true, data } })
    const { rawHtml = '' } = answer.body.data
    expect(rawHtml.length).toBeGreaterThan(1_000_000)
    expect(rawHtml.length).toBeLessThan(12 * 1024 * 1024)
    expect(huge.sent()).toBeLessThan(40_000_000)
    await expect
      .poll(() => server.counters())
      .toMatchObject({
        ...{ sessions: 0, starting: 0, closing: 0, kept: 0, processes: 0, folders: 0 },
        egress: { sessions: 0, clients: 0, connections: 0 },
      })
  })
})
