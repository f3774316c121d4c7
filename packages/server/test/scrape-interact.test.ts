import type { InteractResponse, ScrapeResponse } from '@tandem-browser/core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LocalSite } from './support/local-site.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: LocalSite

beforeAll(async () => {
  site = await LocalSite.start()
  server = await TestServer.start()
})

afterAll(async () => {
  await server.close()
  await site.close()
})

async function scrape(path = '/counter'): Promise<string> {
  const answer = await server.api<ScrapeResponse>('POST', '/v2/scrape', { url: site.url + path })
  expect(answer.status).toBe(200)
  return answer.body.data.metadata.scrapeId
}

function interact(scrapeId: string, code: string, key?: string) {
  const options = key === undefined ? {} : { key }
  return server.api<InteractResponse>('POST', `/v2/scrape/${scrapeId}/interact`, { code }, options)
}

test('a scrape gives the page in the formats that were asked for', async () => {
  const { status, body } = await server.api<ScrapeResponse>('POST', '/v2/scrape', {
    url: `${site.url}/`,
    formats: ['markdown', 'html', 'rawHtml', 'links', { type: 'screenshot', quality: 40 }],
    origin: 'test@1',
  })
  expect(status).toBe(200)
  expect(body.data).toMatchObject({
    markdown: expect.stringContaining('# Hello'),
    html: expect.stringContaining('<h1>Hello</h1>'),
    rawHtml: expect.stringContaining('<title>Home</title>'),
    links: [`${site.url}/counter`],
    screenshot: expect.stringMatching(/^data:image\/jpeg;base64,/),
    metadata: { title: 'Home', statusCode: 200, url: `${site.url}/` },
  })
  // Its browser is gone, and was never anybody's session.
  expect((await server.api('GET', '/v2/interact')).body).toMatchObject({ sessions: [] })
  const health = await server.api('GET', '/health')
  expect(health.body).toMatchObject({ sessions: { active: 0 } })
})

test('what cannot be reached is said with a code', async () => {
  const gone = await LocalSite.start()
  await gone.close()
  const refused = await server.api('POST', '/v2/scrape', { url: gone.url })
  expect(refused.status).toBe(500)
  expect(refused.body).toMatchObject({ success: false, code: 'SCRAPE_SITE_ERROR' })
})

test('a scraped page is gone on with, in one session however many ask at once', async () => {
  const id = await scrape()
  const click = `await page.click('button'); await page.textContent('output')`
  const [first, second] = await Promise.all([interact(id, click), interact(id, click)])
  expect([first.body.result, second.body.result].toSorted()).toEqual(['1', '2'])
  expect(first.body.sessionId).toBe(second.body.sessionId)
  expect(first.body).toMatchObject({
    success: true,
    exitCode: 0,
    cdpUrl: expect.stringMatching(/^ws:/),
  })

  // The same page, for a client of its own.
  await using browser = await chromium.connectOverCDP(first.body.cdpUrl)
  const page = browser.contexts()[0]?.pages()[0]
  expect(await page?.textContent('output')).toBe('2')
  await page?.click('button')
  expect((await interact(id, `await page.textContent('output')`)).body.result).toBe('3')

  const { body: list } = await server.api<{ sessions: { id: string }[] }>(
    'GET',
    '/v2/browser?status=active',
  )
  expect(list.sessions.map((session) => session.id)).toContain(first.body.sessionId)

  const path = `/v2/scrape/${id}/interact`
  const stopped = await server.api('DELETE', path)
  expect(stopped).toMatchObject({ status: 200, body: { success: true, creditsBilled: 2 } })
  expect((await server.api('DELETE', path)).body).toEqual(stopped.body)
  expect(await interact(id, '1')).toMatchObject({
    status: 410,
    body: { success: false, error: 'Browser session has been destroyed.' },
  })
})

test('code that fails is an answer with success false', async () => {
  const id = await scrape()
  const { status, body } = await interact(id, 'throw new Error("boom")')
  expect(status).toBe(200)
  expect(body).toMatchObject({ success: false, exitCode: 1, killed: false })
  expect(body.error).toContain('Error: boom')
  expect(body.stderr).toBe(body.error)
  await server.api('DELETE', `/v2/scrape/${id}/interact`)
})

test('a scrape belongs to the key that made it', async () => {
  const id = await scrape()
  const forbidden = { status: 403, body: { success: false, error: 'Forbidden.' } }
  expect(await interact(id, '1', TestServer.keys[1])).toMatchObject(forbidden)
  const path = `/v2/scrape/${id}/interact`
  const stop = await server.api('DELETE', path, undefined, { key: TestServer.keys[1] })
  expect(stop).toMatchObject(forbidden)
})

test('what nobody scraped, and what nobody has continued, is not found', async () => {
  const unknown = '01890000-0000-7000-8000-000000000000'
  expect(await interact(unknown, '1')).toMatchObject({
    status: 404,
    body: { error: 'Job not found.' },
  })
  const id = await scrape()
  expect(await server.api('DELETE', `/v2/scrape/${id}/interact`)).toMatchObject({
    status: 404,
    body: { error: 'Browser session not found.' },
  })
})

test('a page that has gone meanwhile is a conflict, and leaves no session', async () => {
  const other = await LocalSite.start()
  const { body } = await server.api<ScrapeResponse>('POST', '/v2/scrape', { url: other.url })
  await other.close()
  const answer = await interact(body.data.metadata.scrapeId, '1')
  expect(answer.status).toBe(409)
  expect(answer.body.error).toBe(
    'Failed to initialize browser session from the original scrape context. Please rerun the scrape and try again.',
  )
  const list = await server.api('GET', '/v2/interact?status=active')
  expect(list.body).toMatchObject({ sessions: [] })
})
