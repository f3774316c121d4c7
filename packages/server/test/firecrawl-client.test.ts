import { Firecrawl, SdkError } from '@mendable/firecrawl-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LocalSite } from './support/local-site.ts'
import { TestServer } from './support/test-server.ts'

// oxlint-disable typescript/no-deprecated -- the older names of its methods are in use, too
// The official client as it is; only its base URL is another.
let server: TestServer
let site: LocalSite
let firecrawl: Firecrawl

beforeAll(async () => {
  ;[server, site] = await Promise.all([TestServer.start({ maxSessions: 3 }), LocalSite.start()])
  firecrawl = new Firecrawl({ apiUrl: server.url, apiKey: TestServer.keys[0] })
})

afterAll(() => Promise.all([server.close(), site.close()]))

/** What the client throws. */
async function failure(call: Promise<unknown>): Promise<SdkError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(SdkError)
  return error as SdkError
}

describe('standalone sessions', () => {
  test('browser, browserExecute, listBrowsers, deleteBrowser', async () => {
    const created = await firecrawl.browser({ ttl: 120, activityTtl: 60, streamWebView: true })
    expect(created).toMatchObject({
      success: true,
      cdpUrl: expect.stringMatching(/^ws:/),
      liveViewUrl: expect.stringMatching(/^http:/),
      interactiveLiveViewUrl: expect.stringMatching(/^http:/),
    })
    const id = created.id as string
    // Without a language the client asks for bash.
    const listing = await firecrawl.browserExecute(id, { code: 'echo $((40 + 2)) $BASH_VERSION' })
    expect(listing).toMatchObject({ success: true, exitCode: 0, killed: false })
    expect(listing.stdout).toMatch(/^42 5\./)
    const go = `await page.goto('${site.url}/'); await page.title()`
    const title = await firecrawl.browserExecute(id, { code: go, language: 'node', timeout: 20 })
    expect(title).toMatchObject({ success: true, result: 'Home', stderr: '' })
    // Code that fails is no failure of the call.
    const thrown = await firecrawl.browserExecute(id, {
      code: 'throw new Error("no")',
      language: 'node',
    })
    expect(thrown).toMatchObject({ success: true, exitCode: 1 })
    expect(thrown.error).toContain('no')

    const { sessions } = await firecrawl.listBrowsers({ status: 'active' })
    expect(sessions).toMatchObject([{ id, status: 'active', streamWebView: true }])
    const ended = await firecrawl.deleteBrowser(id)
    expect(ended).toMatchObject({ success: true, creditsBilled: 2 })
    expect(ended.sessionDurationMs).toBeGreaterThan(0)
    expect(await firecrawl.deleteBrowser(id)).toEqual(ended)
    expect((await firecrawl.listBrowsers({ status: 'active' })).sessions).toEqual([])
    expect((await firecrawl.listBrowsers()).sessions).toMatchObject([{ id, status: 'destroyed' }])
    expect(await failure(firecrawl.browserExecute(id, { code: '1' }))).toMatchObject({
      status: 410,
      message: 'Browser session has been destroyed.',
    })
  })

  test('a profile, and who else writes to it', async () => {
    const profile = { name: 'official', saveChanges: true }
    const { id } = await firecrawl.browser({ profile })
    expect(await failure(firecrawl.browser({ profile }))).toMatchObject({
      status: 409,
      message: expect.stringMatching(/^Another session is currently writing to this profile\./),
    })
    await firecrawl.deleteBrowser(id as string)
  })
})

describe('scrapes', () => {
  test('scrape, interact, stopInteraction, and their older names', async () => {
    const document = await firecrawl.scrape(`${site.url}/counter`, {
      formats: ['markdown', 'links'],
      actions: [{ type: 'click', selector: 'button' }],
    })
    const scrapeId = document.metadata?.['scrapeId'] as string
    expect(document).toMatchObject({ metadata: { title: 'Counter', statusCode: 200 } })

    // Without a language the client asks for node.
    const read = `await page.locator('output').textContent()`
    const first = await firecrawl.interact(scrapeId, { code: read })
    expect(first).toMatchObject({
      success: true,
      result: '1',
      exitCode: 0,
      cdpUrl: expect.stringMatching(/^ws:/),
      liveViewUrl: expect.stringMatching(/^http:/),
    })
    await firecrawl.interact(scrapeId, { code: `await page.click('button')`, timeout: 20 })
    expect(await firecrawl.scrapeExecute(scrapeId, { code: read })).toMatchObject({ result: '2' })
    expect(await firecrawl.interact(scrapeId, { code: 'throw new Error("no")' })).toMatchObject({
      success: false,
      exitCode: 1,
      error: expect.stringContaining('no'),
    })
    const ended = await firecrawl.stopInteraction(scrapeId)
    expect(ended).toMatchObject({ success: true, creditsBilled: 2 })
    expect(await firecrawl.stopInteractiveBrowser(scrapeId)).toEqual(ended)
    expect(await firecrawl.deleteScrapeBrowser(scrapeId)).toEqual(ended)
    expect(await failure(firecrawl.interact(scrapeId, { code: '1' }))).toMatchObject({
      status: 410,
    })
  })
})

describe('what the client makes of failures', () => {
  const unknown = '01890000-0000-7000-8000-000000000000'

  test.each<[string, () => Promise<unknown>, number, string]>([
    [
      'a wrong key',
      () => new Firecrawl({ apiUrl: server.url, apiKey: 'td-wrong' }).listBrowsers(),
      401,
      'Unauthorized: Invalid token',
    ],
    [
      'an unknown session',
      () => firecrawl.deleteBrowser(unknown),
      404,
      'Browser session not found.',
    ],
    ['an unknown scrape', () => firecrawl.interact(unknown, { code: '1' }), 404, 'Job not found.'],
    [
      'an id that is none',
      () => firecrawl.interact('nothing', { code: '1' }),
      400,
      'Invalid job ID format. Job ID must be a valid UUID.',
    ],
  ])('%s', async (_, call, status, message) => {
    const error = await failure(call())
    expect(error).toMatchObject({ name: 'FirecrawlSdkError', status, message })
  })

  test('input that does not fit has its problems as details', async () => {
    expect(await failure(firecrawl.browser({ ttl: 1 }))).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
      details: [{ path: ['ttl'] }],
    })
  })

  test('a prompt without a model', async () => {
    const { metadata } = await firecrawl.scrape(`${site.url}/`)
    const call = firecrawl.interact(metadata?.['scrapeId'] as string, { prompt: 'Say hello' })
    expect(await failure(call)).toMatchObject({
      status: 503,
      message: expect.stringMatching(/^Prompts are not available: .* Send code/),
    })
  })

  test('too many sessions', async () => {
    const made = await Promise.all([1, 2, 3].map(() => firecrawl.browser()))
    expect(await failure(firecrawl.browser())).toMatchObject({
      status: 429,
      code: 'CONCURRENCY_LIMIT',
    })
    await Promise.all(made.map(({ id }) => firecrawl.deleteBrowser(id as string)))
  })
})
