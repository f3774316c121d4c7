import type { InteractResponse, ScrapeRequest, ScrapeResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PageServer } from './page-server.ts'
import { Operator } from './support/operator.ts'
import { TestServer } from './support/test-server.ts'

let site: PageServer
/** How often the page was asked for. */
let visits = 0

beforeAll(async () => {
  site = await PageServer.start()
  site.serve('/counter', ({ headers }, response) => {
    visits += 1
    response.setHeader('content-type', 'text/html')
    response.end(`<title>${String(headers['x-who'] ?? 'Nobody')}</title><output>0</output><input>
      <button onclick="document.querySelector('output').textContent++">Add</button>`)
  })
})

afterAll(() => site.close())

/** Clicks once, types, and changes something by script. */
const actions: NonNullable<ScrapeRequest['actions']> = [
  { type: 'click', selector: 'button' },
  { type: 'click', selector: 'input' },
  { type: 'write', text: 'typed' },
  { type: 'screenshot' },
  { type: 'executeJavascript', script: `globalThis.mark = 'scripted'` },
]
/** In bash, which is there at once, as the language is of no matter. */
const state = `agent-browser eval '[document.title, document.querySelector("output").textContent,
  document.querySelector("input").value, globalThis.mark].join()'`
const address = 'agent-browser get url'

type Options = Omit<Partial<ScrapeRequest>, 'actions'> & { actions?: typeof actions | undefined }

async function scrape(server: TestServer, options: Options = {}): Promise<string> {
  visits = 0
  const answer = await server.api<ScrapeResponse>('POST', '/v2/scrape', {
    ...{ url: `${site.url}/counter`, headers: { 'x-who': 'Ada' }, actions },
    ...options,
  })
  expect(answer).toMatchObject({ status: 200 })
  return answer.body.data.metadata.scrapeId
}

const interact = (server: TestServer, scrapeId: string, code: string, more: object = {}) =>
  server.api<InteractResponse>('POST', `/v2/scrape/${scrapeId}/interact`, {
    ...{ code, language: 'bash' },
    ...more,
  })

const stop = (server: TestServer, scrapeId: string) =>
  server.api('DELETE', `/v2/scrape/${scrapeId}/interact`)

async function sessionsOf(server: TestServer): Promise<Record<string, number>> {
  const { body } = await server.api<{ sessions: Record<string, number> }>('GET', '/health')
  return body.sessions
}

describe('a page that is still there', () => {
  let server: TestServer
  beforeAll(async () => {
    // One in four places may be for what is kept.
    server = await TestServer.start({ scrapeKeep: 60, maxSessions: 4 })
  })
  afterAll(() => server.close())

  test('is gone on with as it is, in a session that ends like every other', async () => {
    const id = await scrape(server)
    expect(await sessionsOf(server)).toMatchObject({ active: 0, kept: 1 })
    expect((await server.api('GET', '/v2/interact')).body).toMatchObject({ sessions: [] })
    const [first, second] = await Promise.all([
      interact(server, id, state),
      interact(server, id, address),
    ])
    expect(first.body).toMatchObject({ success: true, result: '"Ada,1,typed,scripted"' })
    expect(second.body.sessionId).toBe(first.body.sessionId)
    expect(visits).toBe(1)
    expect(await sessionsOf(server)).toMatchObject({ active: 1, kept: 0 })
    expect(await stop(server, id)).toMatchObject({ status: 200, body: { success: true } })
    expect(await interact(server, id, state)).toMatchObject({ status: 410 })
    // No more than one: the older gives way to the younger.
    await scrape(server, { actions: [] })
    await scrape(server, { actions: [] })
    expect(await sessionsOf(server)).toMatchObject({ active: 0, kept: 1 })
  })

  test('gives way at once when its key needs the place, and is reached again later', async () => {
    await using operator = await Operator.of(server)
    const key = Operator.idOf(TestServer.keys[0])
    await operator.limits.change(key, { sessions: 1 })
    const id = await scrape(server)
    expect(await sessionsOf(server)).toMatchObject({ kept: 1 })
    const { id: standalone } = await server.createSession()
    expect(await sessionsOf(server)).toMatchObject({ active: 1, kept: 0 })
    expect(await interact(server, id, state)).toMatchObject({ status: 429 })
    await server.api('DELETE', `/v2/interact/${standalone}`)
    expect((await interact(server, id, state)).body.result).toBe('"Ada,1,typed,scripted"')
    expect(visits).toBe(2)
    await stop(server, id)
    await operator.limits.change(key, { sessions: 'unlimited' })
  })

  test('that does not answer any more is reached again', async () => {
    let pages = 0
    const { promise: read, resolve: hasRead } = Promise.withResolvers<void>()
    const { promise: busy, resolve: isBusy } = Promise.withResolvers<void>()
    site.serve('/read', (_, response) => void read.then(() => response.end()))
    site.serve('/busy', (_, response) => response.end(() => isBusy()))
    const url = site.serve('/loop', (_, response) => {
      pages += 1
      response.setHeader('content-type', 'text/html')
      const script = `fetch('/read').then(() => {
        const request = new XMLHttpRequest()
        request.open('GET', '/busy', false)
        request.send()
        for (;;);
      })`
      response.end(`<output>${pages}</output><script>${pages === 1 ? script : ''}</script>`)
    })
    // Read before it is busy: until then nothing is wrong with it.
    const id = await scrape(server, { url, actions: undefined, fastMode: true })
    hasRead()
    await busy
    expect((await interact(server, id, 'agent-browser get text output')).body.result).toBe('2')
    await stop(server, id)
  })
})

test('a page goes after its time, or when anybody needs its place, and is reached again', async () => {
  await using server = await TestServer.start({ scrapeKeep: 1, maxSessions: 1 })
  await scrape(server, { actions: [] })
  const other = await server.createSession({}, { key: TestServer.keys[1] })
  await server.api('DELETE', `/v2/interact/${other.id}`, undefined, { key: TestServer.keys[1] })
  const id = await scrape(server)
  await expect.poll(async () => (await sessionsOf(server))['kept'], { timeout: 5_000 }).toBe(0)
  expect((await interact(server, id, state)).body.result).toBe('"Ada,1,typed,scripted"')
  expect(visits).toBe(2)
})

describe('a page that is not there any more', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await TestServer.start()
  })
  afterAll(() => server.close())

  test('is what the actions made of it', async () => {
    const id = await scrape(server)
    expect((await interact(server, id, state)).body.result).toBe('"Ada,1,typed,scripted"')
    expect(visits).toBe(2)
    await stop(server, id)
  })

  test('cannot be reached when an action cannot be done any more; a later call may', async () => {
    let there = true
    const url = site.serve('/changing', (_, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(`<h1>Changing</h1>${there ? '<b>Here</b>' : ''}`)
    })
    const script = `document.querySelector('b').remove()`
    const id = await scrape(server, { url, actions: [{ type: 'executeJavascript', script }] })
    there = false
    expect(await interact(server, id, ':')).toMatchObject({
      status: 409,
      body: {
        error:
          'Failed to initialize browser session from the original scrape context. ' +
          'Please rerun the scrape and try again.',
      },
    })
    expect(await sessionsOf(server)).toMatchObject({ active: 0 })
    there = true
    expect(await interact(server, id, 'agent-browser get html body')).toMatchObject({
      status: 200,
      body: { result: expect.not.stringContaining('Here') },
    })
    await stop(server, id)
  })

  test('of which nothing was to be kept needs an address or a session', async () => {
    const bare = await scrape(server, { zeroDataRetention: true })
    expect(await interact(server, bare, state)).toMatchObject({
      status: 409,
      body: {
        error:
          'Replay context is unavailable for this scrape job because the source URL was not retained.',
      },
    })
    const started = await interact(server, bare, address, { url: `${site.url}/counter` })
    expect(started.body.result).toBe(`${site.url}/counter`)
    await stop(server, bare)
  })

  test('need not be reached by who brings a session, which is the scrape’s from then on', async () => {
    const session = await server.createSession()
    const [id, other] = [await scrape(server), await scrape(server)]
    const adopted = { existingSessionId: session.id }
    const first = await interact(server, id, address, adopted)
    expect(first.body).toMatchObject({ sessionId: session.id, result: 'about:blank' })
    // It is one scrape's only, and what cannot be used is ignored.
    for (const existingSessionId of [session.id, 'nonsense']) {
      const next = await interact(server, other, state, { existingSessionId })
      expect(next.body).toMatchObject({ success: true, result: '"Ada,1,typed,scripted"' })
      expect(next.body.sessionId).not.toBe(session.id)
    }
    await stop(server, id)
    expect(await interact(server, id, ':')).toMatchObject({ status: 410 })
    expect(await server.api('GET', `/v2/interact/${session.id}`)).toMatchObject({
      body: { status: 'destroyed', endReason: 'released' },
    })
    await stop(server, other)
  })
})
