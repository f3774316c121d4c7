import type { CreateSessionResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LiveClient } from './support/live-client.ts'
import { LocalSite } from './support/local-site.ts'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

const [own, foreign] = TestServer.keys
let site: LocalSite
let server: TestServer
let session: CreateSessionResponse
let other: CreateSessionResponse
let ended: string
let scrapeId: string

beforeAll(async () => {
  site = await LocalSite.start()
  server = await TestServer.start()
  const scraped = await server.api('POST', '/v2/scrape', { url: `${site.url}/counter` })
  scrapeId = (scraped.body['data'] as { metadata: { scrapeId: string } }).metadata.scrapeId
  await server.api('POST', `/v2/scrape/${scrapeId}/interact`, { code: '1' })
  session = await server.createSession()
  ended = (await server.createSession()).id
  await server.api('DELETE', `/v2/interact/${ended}`)
  other = await server.createSession({}, { key: foreign })
})

afterAll(async () => {
  await server.close()
  await site.close()
})

test.each([
  ['GET', '/v2/interact/{session}'],
  ['GET', '/v2/browser/{session}'],
  ['POST', '/v2/interact/{session}/execute', { code: '1' }],
  ['POST', '/v2/browser/{session}/execute', { code: '1' }],
  ['GET', '/v2/interact/{session}/control'],
  ['GET', '/v2/browser/{session}/control'],
  ['POST', '/v2/interact/{session}/control', { action: 'take', force: true }],
  ['POST', '/v2/browser/{session}/control', { action: 'take', force: true }],
  ['GET', '/v2/interact/{session}/events'],
  ['GET', '/v2/browser/{session}/events'],
  ['DELETE', '/v2/interact/{session}'],
  ['DELETE', '/v2/browser/{session}'],
  ['GET', '/v2/interact/{ended}'],
  ['GET', '/v2/interact/{ended}/control'],
  ['POST', '/v2/interact/{ended}/control', { action: 'hand_back' }],
  ['GET', '/v2/interact/{ended}/events'],
  ['POST', '/v2/interact/{ended}/execute', { code: '1' }],
  ['DELETE', '/v2/interact/{ended}'],
  ['POST', '/v2/scrape/{scrape}/interact', { code: '1' }],
  ['DELETE', '/v2/scrape/{scrape}/interact'],
])('what is of one key is forbidden to another: %s %s', async (method, template, body?: object) => {
  const path = template
    .replace('{session}', session.id)
    .replace('{ended}', ended)
    .replace('{scrape}', scrapeId)
  for (const headers of [{}, { accept: 'text/event-stream' }, { 'idempotency-key': path }]) {
    const answer = await server.api(method, path, body, { key: foreign, headers })
    expect(answer).toMatchObject({ status: 403, body: { success: false, error: 'Forbidden.' } })
  }
})

test('nothing that was forbidden has happened', async () => {
  const execution = await server.api('POST', `/v2/interact/${session.id}/execute`, {
    code: '6 * 7',
  })
  expect(execution.body).toMatchObject({ result: '42' })
  const { body: driver } = await server.api('GET', `/v2/interact/${session.id}/control`)
  expect(driver).toEqual({ success: true, driver: 'agent' })
  const path = `/v2/scrape/${scrapeId}/interact`
  const { body } = await server.api('POST', path, { code: 'await page.title()' })
  expect(body).toMatchObject({ success: true, result: 'Counter' })
})

test('each key lists its own sessions alone', async () => {
  for (const prefix of ['/v2/interact', '/v2/browser']) {
    const { body } = await server.api<{ sessions: { id: string }[] }>('GET', prefix, undefined, {
      key: foreign,
    })
    expect(body.sessions.map(({ id }) => id)).toEqual([other.id])
    expect(JSON.stringify(body)).not.toContain(session.id)
  }
  const { body } = await server.api('GET', '/v2/interact')
  expect(JSON.stringify(body)).not.toContain(other.id)
})

test('a capability of one session opens no other, and a key opens none', async () => {
  const token = new URL(other.cdpUrl).searchParams.get('token') as string
  const borrowed = new URL(session.cdpUrl)
  for (const secret of [token, own, foreign]) {
    borrowed.searchParams.set('token', secret)
    expect(await RawClient.refusal(borrowed.href)).toMatchObject({ status: 401 })
    const lookup = borrowed.href.replace(/^ws/, 'http').replace('?', '/json/list?')
    expect((await fetch(lookup)).status).toBe(401)
  }
})

test('a live view of one session opens no other, and a key opens none', async () => {
  const [address] = session.liveViewUrl.split('#')
  const tokens = [other.liveViewUrl, other.interactiveLiveViewUrl].map((url) => url.split('#')[1])
  for (const secret of [...tokens, own, foreign]) {
    expect(await LiveClient.ticket(`${address}#${secret}`)).toMatchObject({ status: 401 })
  }
  // A ticket of one is none of the other.
  const { body } = await LiveClient.ticket(other.liveViewUrl)
  await expect(LiveClient.connect(session.liveViewUrl, String(body['ticket']))).rejects.toThrow(
    '401',
  )
})

test('an Idempotency-Key of one key is nothing to another', async () => {
  const headers = { 'idempotency-key': 'the-same' }
  const answers = await Promise.all(
    [own, foreign].map((key) => server.api('POST', '/v2/interact', {}, { key, headers })),
  )
  const [first, second] = answers.map(({ body }) => String(body['id']))
  expect(first).not.toBe(second)
  expect((await server.api('GET', `/v2/interact/${second}`)).status).toBe(403)
})
