import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sqliteModule } from '../src/store/sqlite-module.ts'
import { LocalSite } from './support/local-site.ts'
import { processesOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

test('while the store cannot be written, sessions end all the same, and none begins', async () => {
  const server = await TestServer.forTest()
  await using site = await LocalSite.start()
  const scraped = await server.api('POST', '/v2/scrape', { url: `${site.url}/` })
  const { metadata } = scraped.body['data'] as { metadata: { scrapeId: string } }
  const session = await server.createSession()
  const path = `/v2/interact/${session.id}`
  const ended = { status: 200, body: { status: 'destroyed', endReason: 'released' } }

  const other = new (sqliteModule().DatabaseSync)(join(server.dataDirectory, 'tandem.db'))
  other.exec('BEGIN IMMEDIATE')
  expect((await server.api('DELETE', path)).status).toBe(200)
  expect(await server.api('GET', path)).toMatchObject(ended)
  for (const [place, body] of [
    ['/v2/interact', {}],
    ['/v2/browser', {}],
    [`/v2/scrape/${metadata.scrapeId}/interact`, { code: '1' }],
  ] as const) {
    expect(await server.api('POST', place, body)).toMatchObject({
      status: 500,
      body: { success: false, error: 'Failed to persist browser session.' },
    })
  }
  expect(await readdir(server.directory)).toEqual([])
  expect(await processesOf(server)).toEqual([])
  other.exec('ROLLBACK')
  other.close()

  expect(await server.api('GET', path)).toMatchObject(ended)
  expect((await server.api('GET', '/v2/interact?status=active')).body).toMatchObject({
    sessions: [],
  })
  expect((await server.api('POST', `${path}/execute`, { code: '1' })).status).toBe(410)
  await server.createSession()
}, 60_000)

test('a session that is ending is not listed as active', async () => {
  const server = await TestServer.forTest()
  const session = await server.createSession()
  const [, list] = await Promise.all([
    server.api('DELETE', `/v2/interact/${session.id}`),
    server.api<{ sessions: object[] }>('GET', '/v2/interact'),
  ])
  const [listed] = list.body.sessions as { status: string; cdpUrl: string }[]
  // Whichever of the two came first.
  expect(listed?.status).toBe(listed?.cdpUrl === '' ? 'destroyed' : 'active')
})
