import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Tandem } from '../src/index.ts'
import { failureOf } from './support/failure.ts'
import { deleted, TestServer } from './support/server.ts'

const names = ['TANDEM_BASE_URL', 'TANDEM_API_KEY', 'FIRECRAWL_API_URL', 'FIRECRAWL_API_KEY']
beforeEach(() => {
  for (const name of names) vi.stubEnv(name, undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})

/** Makes one call and says which of two servers it reached, and with which key. */
async function reached(
  environment: (tandem: string, firecrawl: string) => Record<string, string>,
  options: (firecrawl: string) => ConstructorParameters<typeof Tandem>[0] = () => ({}),
): Promise<string> {
  await using tandem = await TestServer.start((exchange) => exchange.json(200, deleted))
  await using firecrawl = await TestServer.start((exchange) => exchange.json(200, deleted))
  // Made before the environment is set: it is read at the first call.
  const client = new Tandem(options(firecrawl.url))
  for (const [name, value] of Object.entries(environment(tandem.url, firecrawl.url))) {
    vi.stubEnv(name, value)
  }
  await client.sessions.delete('a')
  const [server, name] = tandem.requests.length > 0 ? [tandem, 'tandem'] : [firecrawl, 'firecrawl']
  return `${name} ${server.request().headers.authorization ?? 'without a key'}`
}

test('TANDEM_ variables come before FIRECRAWL_ ones', async () => {
  const where = await reached((tandem, firecrawl) => ({
    TANDEM_BASE_URL: tandem,
    TANDEM_API_KEY: 'td-from-tandem',
    FIRECRAWL_API_URL: firecrawl,
    FIRECRAWL_API_KEY: 'fc-from-firecrawl',
  }))
  expect(where).toBe('tandem Bearer td-from-tandem')
})

test('FIRECRAWL_ variables are used when there are no others', async () => {
  const where = await reached((_, firecrawl) => ({
    FIRECRAWL_API_URL: `${firecrawl}/`,
    FIRECRAWL_API_KEY: ' fc-from-firecrawl\n',
  }))
  expect(where).toBe('firecrawl Bearer fc-from-firecrawl')
})

test('a Firecrawl key does not go to an address that TANDEM_BASE_URL names', async () => {
  const where = await reached((tandem) => ({
    TANDEM_BASE_URL: tandem,
    FIRECRAWL_API_KEY: 'fc-from-firecrawl',
  }))
  expect(where).toBe('tandem without a key')
})

test('options come before the environment, each on its own', async () => {
  const environment = (tandem: string) => ({
    TANDEM_BASE_URL: tandem,
    TANDEM_API_KEY: 'td-environment',
  })
  expect(await reached(environment, (baseUrl) => ({ baseUrl }))).toBe(
    'firecrawl Bearer td-environment',
  )
  expect(await reached(environment, () => ({ apiKey: 'td-option' }))).toBe(
    'tandem Bearer td-option',
  )
})

test('the address is the local server when nothing says otherwise', async () => {
  await using server = await TestServer.start((exchange) => exchange.json(200, deleted))
  let url = ''
  // Port 3210 may be in use here, so the request is led elsewhere.
  const lead: typeof fetch = (input, init) => {
    url = input as string
    return fetch(url.replace(/^http:\/\/[^/]*/, server.url), init)
  }
  await new Tandem({ fetch: lead }).sessions.delete('a')
  expect(url).toBe('http://127.0.0.1:3210/v2/interact/a')
})

test.each([
  ['no process', undefined],
  ['a process without an environment', {}],
  [
    'an environment that may not be read',
    {
      get env(): never {
        throw new Error('NotCapable: requires env access')
      },
    },
  ],
])('works with %s', async (_, process) => {
  await using server = await TestServer.start((exchange) => exchange.json(200, deleted))
  const tandem = new Tandem({ baseUrl: server.url })
  vi.stubGlobal('process', process)
  const call = tandem.sessions.delete('a')
  vi.unstubAllGlobals()
  expect((await call).creditsBilled).toBe(2)
})

test.each([
  'not an address',
  'ftp://host',
  'ws://127.0.0.1:3210',
  'http://user:SecretPassword@host',
  '/v2',
])('the address %s is refused with a sentence that does not repeat it', async (baseUrl) => {
  const error = await failureOf(new Tandem({ baseUrl }).sessions.list())
  expect(error.name).toBe('ValidationError')
  expect(error.message).toContain('baseUrl must be like')
  expect(JSON.stringify(error) + error.stack).not.toContain('SecretPassword')
})
