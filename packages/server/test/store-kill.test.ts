import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ApiKeys } from '../src/keys/api-keys.ts'
import { CreditAccounts } from '../src/keys/credit-accounts.ts'
import { SqliteStore } from '../src/store/sqlite-store.ts'
import { LocalSite } from './support/local-site.ts'
import { ServerProcess } from './support/server-process.ts'

/** After how many answers of the callers the server is killed, in the middle of their next calls. */
const kills = [2, 5, 9]
const granted = 100_000

test('killed again and again, a server forgets nothing that it has said, and bills each session once', async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'tandem-kill-'))
  onTestFinished(() => rm(dataDirectory, { recursive: true }))
  await using site = await LocalSite.start()
  const store = await SqliteStore.open(dataDirectory)
  onTestFinished(() => store.close())
  const accounts = new CreditAccounts(store)
  const { id: keyId, key } = await new ApiKeys(store).add({ name: 'killed' })
  await accounts.set(keyId, granted)
  const variables = {
    TANDEM_ISOLATION: 'none',
    TANDEM_POOL_SIZE: '2',
    TANDEM_EGRESS_ALLOW: new URL(site.url).host,
  }
  const created = new Set<string>()
  const deleted = new Map<string, unknown>()
  let scrapeId = ''

  for (const answers of kills) {
    const server = await ServerProcess.start(dataDirectory, variables)
    if (scrapeId === '') {
      const { body } = await server.api(
        'POST',
        '/v2/scrape',
        { url: `${site.url}/counter` },
        { key },
      )
      scrapeId = (body['data'] as { metadata: { scrapeId: string } }).metadata.scrapeId
    }
    const { promise: killed, resolve } = Promise.withResolvers<void>()
    let left = answers
    const answered = (): void => {
      left -= 1
      if (left === 0) void server.end('SIGKILL').then(() => resolve())
    }
    const use = async (): Promise<void> => {
      for (;;) {
        const { body } = await server.api('POST', '/v2/interact', {}, { key })
        const id = String(body['id'])
        created.add(id)
        answered()
        const ended = await server.api('DELETE', `/v2/interact/${id}`, undefined, { key })
        deleted.set(id, ended.body)
        answered()
      }
    }
    // They end when nobody is there any more to call.
    await Promise.allSettled([use(), use(), use()])
    await killed
  }

  const server = await ServerProcess.start(dataDirectory, variables)
  const { body } = await server.api<{ sessions: { id: string; status: string }[] }>(
    'GET',
    '/v2/interact',
    undefined,
    { key },
  )
  const known = body.sessions.map(({ id }) => id)
  expect(known).toEqual(expect.arrayContaining([...created]))
  expect(body.sessions.filter(({ status }) => status !== 'destroyed')).toEqual([])
  let billed = 1 // The scrape.
  for (const id of known) {
    const { body: session } = await server.api('GET', `/v2/interact/${id}`, undefined, { key })
    billed += Number(session['creditsBilled'])
    if (deleted.has(id))
      expect(session).toMatchObject({ endReason: 'released', ...(deleted.get(id) as object) })
    else expect(['released', 'server_shutdown']).toContain(session['endReason'])
  }
  expect(created.size).toBeGreaterThan(deleted.size)
  expect(await accounts.summary(keyId)).toEqual({
    balance: granted - billed,
    spent: billed,
    held: 0,
  })
  const path = `/v2/scrape/${scrapeId}/interact`
  const { body: continued } = await server.api(
    'POST',
    path,
    { code: 'await page.title()' },
    { key },
  )
  expect(continued).toMatchObject({ success: true, result: 'Counter' })
}, 60_000)
