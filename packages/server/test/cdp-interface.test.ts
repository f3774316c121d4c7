import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { findEngine } from '../src/browser/engine.ts'
import type { CdpClient } from '../src/cdp/client.ts'
import { listPages } from '../src/cdp/discovery.ts'
import type { CdpMessage } from '../src/cdp/message.ts'
import { CdpMultiplexer } from '../src/cdp/multiplexer.ts'
import { PipeTransport } from '../src/cdp/pipe-transport.ts'
import { PlaywrightTransport } from '../src/cdp/playwright-transport.ts'

// What no client can do or see, so the server's side is here.
let directory: string
let browser: ChildProcess
let cdp: CdpMultiplexer

beforeAll(async () => {
  const engine = await findEngine({})
  directory = await mkdtemp(join(tmpdir(), 'tandem-test-'))
  browser = spawn(
    engine.executablePath,
    ['--headless', '--no-sandbox', '--remote-debugging-pipe', `--user-data-dir=${directory}`],
    {
      env: { ...process.env, ...engine.env },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    },
  )
  const [, , , output, input] = browser.stdio as unknown as Duplex[]
  cdp = new CdpMultiplexer(new PipeTransport(input as Duplex, output as Duplex), {
    work: { host: directory, inside: directory },
  })
  await cdp.command('Target.createTarget', { url: 'about:blank' })
  await cdp.command('Target.createTarget', { url: 'chrome://version' })
})

beforeEach(expectInterface)

afterAll(async () => {
  const ended = once(browser, 'exit')
  browser.kill('SIGKILL')
  await ended
  await rm(directory, { recursive: true })
})

/** It is there, for the server. */
async function expectInterface(): Promise<void> {
  await expect.poll(everything).toContain('page chrome://version/')
  expect(await everything()).toContain('tab chrome://version/')
}

/** Types and addresses of all targets, as the server itself sees them. */
async function everything(): Promise<string[]> {
  const { targetInfos } = await cdp.command<{ targetInfos: { type: string; url: string }[] }>(
    'Target.getTargets',
    { filter: [{}] },
  )
  return targetInfos.map(({ type, url }) => `${type} ${url}`)
}

test('clients are neither told of the browser’s own interface nor attached to it', async () => {
  const received: CdpMessage[] = []
  const { promise: answered, resolve } = Promise.withResolvers<void>()
  const client: CdpClient = await cdp.connect({
    send: (message) => {
      received.push(message)
      if (message.id === 4) resolve()
    },
    close: () => {},
  })
  const filter = [{}]
  const autoAttach = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true, filter }
  client.receive({ id: 1, method: 'Target.setDiscoverTargets', params: { discover: true, filter } })
  client.receive({ id: 2, method: 'Target.setAutoAttach', params: autoAttach })
  client.receive({ id: 3, method: 'Target.getTargets', params: { filter } })
  client.receive({ id: 4, method: 'Browser.getVersion' })
  await answered
  const told = JSON.stringify(received)
  expect(told).toContain('about:blank')
  expect(told).not.toContain('chrome://')
  client.close('The test is over.')
})

test('it is in no list, and Playwright does not know it', async () => {
  const pages = await listPages(cdp, (path) => path)
  expect(pages).toMatchObject([{ url: 'about:blank' }])
  const transport = new PlaywrightTransport({
    send: (message) => client.receive(message),
    close: () => client.close('Playwright disconnected.'),
  })
  const client = await cdp.connect({
    send: (message) => transport.deliver(message),
    close: (reason) => transport.disconnect(reason),
  })
  const playwright = await chromium.connectOverCDP(transport)
  expect(
    playwright
      .contexts()[0]
      ?.pages()
      .map((page) => page.url()),
  ).toEqual(['about:blank'])
  await playwright.close()
})

test('what is refused is counted by row, and domains that nobody knows by name, up to a bound', async () => {
  const { promise: answered, resolve } = Promise.withResolvers<void>()
  const client = await cdp.connect({
    send: ({ id }) => {
      if (id === 1_000) resolve()
    },
    close: () => {},
  })
  client.receive({ id: 1, method: 'Tethering.bind' })
  client.receive({ id: 2, method: 'Tethering.unbind' })
  client.receive({ id: 3, method: 'Page.navigate', params: { url: 'file:///' } })
  client.receive({ id: 4, method: 'Page.navigate', params: { url: 'about:blank' } })
  for (let id = 100; id < 200; id += 1) client.receive({ id, method: `Unheard${id}.of` })
  client.receive({ id: 200, method: 'Unheard100.again' })
  client.receive({ id: 1_000, method: 'Browser.getVersion' })
  await answered
  const { refused, unknownDomains } = cdp.policyCounters
  expect(Object.fromEntries(refused)).toEqual({ 'Tethering.*': 2, 'Page.navigate': 1 })
  expect(unknownDomains.size).toBe(65)
  expect([unknownDomains.get('Unheard100'), unknownDomains.get('other')]).toEqual([2, 36])
  client.close('The test is over.')
})
