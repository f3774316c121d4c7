import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { describeApi } from '../src/http/openapi/document.ts'
import { sqliteModule } from '../src/store/sqlite-module.ts'
import { PageServer } from './page-server.ts'
import { BreakableEngine } from './support/breakable-engine.ts'
import { callsOf } from './support/contract-requests.ts'
import { python } from './support/python.ts'
import { browserOf, isBrowser, processesOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

let site: PageServer
let server: TestServer

beforeAll(async () => {
  ;[site, server] = await Promise.all([PageServer.start(), TestServer.start({ maxSessions: 4 })])
  site.serve('/', `<title>Here</title>${'<p>Text</p>'.repeat(1_000)}`)
})

afterAll(async () => {
  await server.close()
  await site.close()
})

const prefixes = ['/v2/interact', '/v2/browser']

async function scrape(body: object = {}, on = server): Promise<string> {
  const answer = await on.api('POST', '/v2/scrape', { url: `${site.url}/`, ...body })
  expect(answer.status).toBe(200)
  return (answer.body['data'] as { metadata: { scrapeId: string } }).metadata.scrapeId
}

const failed = (status: number, error: string, code?: string) => ({
  status,
  body: { success: false, error, ...(code === undefined ? {} : { code }) },
})

const nothing = { sessions: 0, starting: 0, closing: 0, processes: 0, folders: 0 }

/** Every folder of a session can be neither written nor removed, as on a disk that broke. */
async function breakFolders(): Promise<() => Promise<void>> {
  const aside = `${server.directory}-aside`
  await rename(server.directory, aside)
  await writeFile(server.directory, '')
  return async () => {
    await rm(server.directory)
    await rename(aside, server.directory)
  }
}

test('no browser that starts: creates, scrapes and what goes on with them are answered 502', async () => {
  await using engine = await BreakableEngine.create()
  // The engine is a script with files of its own, which no sandbox has.
  const on = await TestServer.forTest({ chromium: engine.executable, isolation: 'none' })
  const scraped = await scrape({}, on)
  await engine.behave('exits')
  const noBrowser = failed(502, 'Failed to create browser session.')
  for (const [path, body] of [
    ...prefixes.map((prefix) => [prefix, {}] as const),
    ['/v2/scrape', { url: `${site.url}/` }],
    [`/v2/scrape/${scraped}/interact`, { code: '1' }],
  ] as const) {
    expect({ path, ...(await on.api('POST', path, body)) }).toMatchObject({ path, ...noBrowser })
  }
  expect(await on.counters()).toMatchObject({ sessions: 0, starting: 0, processes: 0, folders: 0 })
  await engine.behave('works')
  const went = await on.api('POST', `/v2/scrape/${scraped}/interact`, {
    code: 'await page.title()',
  })
  expect(went.body).toMatchObject({ success: true, result: 'Here' })
})

test.skipIf(python === undefined)(
  'no interpreter is answered 503 with what brings one, one that does not start 502; the session goes on',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-python-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const fake = join(folder, 'python3')
    const become = (script: string) => writeFile(fake, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    await become('exit 1')
    // It lies in a folder that no sandbox has.
    const on = await TestServer.forTest({ python: fake, isolation: 'none' })
    const { id } = await on.createSession()
    const paths = [
      ...prefixes.map((prefix) => `${prefix}/${id}/execute`),
      `/v2/scrape/${await scrape({}, on)}/interact`,
    ]
    const run = async (path: string) => ({
      path,
      ...(await on.api('POST', path, { code: 'print(1)', language: 'python' })),
    })
    for (const path of paths) {
      expect(await run(path)).toMatchObject({
        ...{ path, status: 503 },
        body: { success: false, error: expect.stringContaining('is no Python 3 that runs') },
      })
    }
    // A Python by what it says, and no program that runs.
    await become(`'${python}' "$@" | sed 's#"executable": "[^"]*"#"executable": "/bin/false"#'`)
    const broken = failed(502, 'Failed to execute code in browser session.')
    for (const path of paths) {
      expect(await run(path)).toMatchObject({ path, ...broken })
      const { body } = await on.api('POST', path, { code: '6 * 7' })
      expect(body).toMatchObject({ success: true, result: '42' })
    }
  },
)

test('a session of which something is left is answered 502, until it is gone', async () => {
  const profile = { name: 'left' }
  const sessions = [await server.createSession({ profile }), await server.createSession()]
  const interact = `/v2/scrape/${await scrape()}/interact`
  await server.api('POST', interact, { code: 'true', language: 'bash' })
  const paths = [...prefixes.map((prefix, at) => `${prefix}/${sessions[at]?.id}`), interact]
  const mend = await breakFolders()
  try {
    for (const path of [...paths, ...paths]) {
      expect({ path, ...(await server.api('DELETE', path)) }).toMatchObject({
        path,
        ...failed(502, 'Browser session release was not confirmed.'),
      })
    }
    // It has ended all the same.
    expect((await server.api('GET', `/v2/interact/${sessions[0]?.id}`)).body).toMatchObject({
      status: 'destroyed',
      endReason: 'released',
    })
    const run = await server.api('POST', `${paths[0]}/execute`, { code: '1' })
    expect(run.status).toBe(410)
    // Nothing of it holds the profile.
    const freed = await server.api('DELETE', '/v2/interact/profiles/left')
    expect(freed.status).toBe(200)
  } finally {
    await mend()
  }
  const ended = { status: 200, body: { success: true, creditsBilled: 2 } }
  for (const path of [...paths, ...paths]) {
    expect(await server.api('DELETE', path)).toMatchObject(ended)
  }
  expect(await server.counters()).toMatchObject(nothing)
})

test('a browser that does not answer any more is answered 502, in time', async () => {
  const sessions = [await server.createSession(), await server.createSession()]
  const interact = `/v2/scrape/${await scrape()}/interact`
  const { body } = await server.api('POST', interact, { code: 'true', language: 'bash' })
  const ids = [...sessions.map(({ id }) => id), String(body['sessionId'])]
  const browsers = await Promise.all(ids.map(browserOf))
  for (const browser of browsers) process.kill(browser, 'SIGSTOP')
  const calls = [
    ...['/json', '/json/list'].map((path) => {
      const { pathname, search } = new URL(sessions[0]?.cdpUrl ?? '')
      return server.api('GET', pathname + path + search)
    }),
    ...prefixes.map((prefix, at) =>
      server.api('POST', `${prefix}/${ids[at]}/execute`, { code: '1' }),
    ),
    server.api('POST', interact, { code: '1' }),
  ]
  const silent = failed(502, 'The browser of this session does not answer.')
  for (const answer of await Promise.all(calls)) expect(answer).toMatchObject(silent)
  for (const browser of browsers) process.kill(browser, 'SIGCONT')
  await Promise.all(ids.map((id) => server.api('DELETE', `/v2/interact/${id}`)))
})

test('a scrape whose browser ends is answered 502', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const scraping = server.api('POST', '/v2/scrape', { url: site.serve('/held', () => resolve()) })
  await asked
  const browser = (await processesOf(server)).find(isBrowser)
  process.kill(browser?.pid as number, 'SIGKILL')
  expect(await scraping).toMatchObject(
    failed(502, 'The browser ended while it loaded.', 'SCRAPE_BROWSER_GONE'),
  )
  expect(await server.counters()).toMatchObject(nothing)
})

test('a profile that cannot be read is answered 500, whoever starts from it', async () => {
  const profile = { name: 'damaged' }
  const { id } = await server.createSession({ profile })
  const scraped = await scrape({ profile: { ...profile, saveChanges: false } })
  await server.api('DELETE', `/v2/interact/${id}`)
  const folder = join(server.dataDirectory, 'profiles')
  const names = await readdir(folder, { recursive: true })
  for (const name of names.filter((each) => each.endsWith('.profile'))) {
    await writeFile(join(folder, name), 'none of ours')
  }
  for (const [path, body] of [
    ...prefixes.map((prefix) => [prefix, { profile }] as const),
    ['/v2/scrape', { url: `${site.url}/`, profile }],
    [`/v2/scrape/${scraped}/interact`, { code: '1' }],
  ] as const) {
    const answer = await server.api('POST', path, body)
    expect({ path, ...answer }).toMatchObject({
      ...{ path, status: 500, body: { success: false, code: 'PROFILE_UNREADABLE' } },
    })
    expect(answer.body['error']).toMatch(
      /^The profile "damaged" cannot be read because .* delete the profile\.$/,
    )
  }
  await server.api('DELETE', '/v2/interact/profiles/damaged')
})

test('an answer that was too large to be kept is answered 409 when it is asked for again', async () => {
  const again = () =>
    server.api(
      'POST',
      '/v2/scrape',
      { url: `${site.url}/`, formats: ['rawHtml'] },
      {
        headers: { 'idempotency-key': 'large' },
      },
    )
  expect((await again()).status).toBe(200)
  // As it is for one of more than 32 MB, of which `kept-answers` is the test.
  const database = openDatabase()
  const { changes } = database.prepare(`DELETE FROM blob WHERE key LIKE 'idempotency/%'`).run()
  database.close()
  expect(changes).toBe(1)
  expect(await again()).toMatchObject(
    failed(
      409,
      'The call with this Idempotency-Key was done, but its answer was too large to be kept. ' +
        'To do it once more, use a new key.',
    ),
  )
})

test('a defect is answered 500 by every call with a key, and says nothing of its inside', async () => {
  const { id } = await server.createSession()
  const calls = callsOf(describeApi(undefined)).filter(({ path }) => path.startsWith('/v2/'))
  expect(calls.length).toBeGreaterThan(20)
  const database = openDatabase()
  database.exec('ALTER TABLE record RENAME TO elsewhere')
  try {
    for (const { name, method, path } of calls) {
      const body = { code: '1', url: `${site.url}/`, action: 'hand_back' }
      const address = path.replaceAll(/\{\w+\}/g, id)
      const answer = await server.api(method, address, method === 'POST' ? body : undefined)
      expect({ name, ...answer }).toMatchObject({ name, status: 500 })
      expect(answer.body).toEqual(failed(500, 'Internal server error.', 'UNKNOWN_ERROR').body)
    }
  } finally {
    database.exec('ALTER TABLE elsewhere RENAME TO record')
    database.close()
  }
  const run = await server.api('POST', `/v2/interact/${id}/execute`, { code: '6 * 7' })
  expect(run.body).toMatchObject({ result: '42' })
  await server.api('DELETE', `/v2/interact/${id}`)
})

test('a server that stops answers 503 to whoever wants a session', async () => {
  const on = await TestServer.forTest()
  const scraped = await scrape({}, on)
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const held = on.api('POST', '/v2/scrape', { url: site.serve('/last', () => resolve()) })
  await asked
  const closing = on.close()
  const answers = await Promise.all([
    ...prefixes.map((prefix) => on.api('POST', prefix)),
    on.api('POST', '/v2/scrape', { url: `${site.url}/` }),
    on.api('POST', `/v2/scrape/${scraped}/interact`, { code: '1' }),
  ])
  for (const answer of answers) {
    expect(answer).toMatchObject(failed(503, 'The server is shutting down.'))
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
  }
  await Promise.all([closing, held])
})

function openDatabase() {
  return new (sqliteModule().DatabaseSync)(join(server.dataDirectory, 'tandem.db'))
}
