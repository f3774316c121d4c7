import { chromium as fromPlaywright } from 'playwright'
import { chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { CdpGate } from '../test/cdp-gate.ts'
import { TestChromium } from '../test/chromium.ts'
import { expectNoSecret, rejection } from '../test/rejection.ts'
import { AbortError, type Chromium, connect, ConnectError, ConnectTimeoutError } from './index.ts'

const SECRET = 'the-secret-of-the-gate'

let browser: TestChromium
let gate: CdpGate

beforeAll(async () => {
  browser = await TestChromium.launch()
})

beforeEach(async () => {
  gate = await CdpGate.before(browser.cdpUrl)
})

afterEach(async () => {
  await browser.wakePages()
  await gate.close()
})

afterAll(() => browser.close())

describe('connect', () => {
  it('gives the page that is already there, in the default context', async () => {
    const [existing] = await browser.pages()
    const { browser: attached, context, page, disconnect } = await connect(gate)
    expect(attached.contexts()).toEqual([context])
    expect(context.pages()).toEqual([page])
    await page.goto('data:text/html,<title>Shared</title>')
    expect(await browser.pages()).toEqual([
      expect.objectContaining({ id: existing?.id, title: 'Shared' }),
    ])
    await disconnect()
  })

  it('opens a page when there is none', async () => {
    await browser.closePages()
    const { page, disconnect } = await connect(gate)
    expect(await page.evaluate('6 * 7')).toBe(42)
    expect(await browser.pages()).toHaveLength(1)
    await disconnect()
  })

  it('takes the address alone, also the one of the HTTP endpoint', async () => {
    for (const address of [
      browser.cdpUrl,
      browser.cdpUrl.replace(/^ws:(.*)\/devtools.*/, 'http:$1'),
    ]) {
      await using connection = await connect(address)
      expect(await connection.page.evaluate('1 + 1')).toBe(2)
    }
  })

  it.each<[string, Chromium]>([
    ['playwright-core', chromium],
    ['playwright', fromPlaywright],
  ])('takes the chromium of %s', async (_, given) => {
    await using connection = await connect(gate, { chromium: given })
    expect(connection.browser.browserType().name()).toBe('chromium')
  })

  it('sends the headers with the upgrade request', async () => {
    await using _ = await connect(gate, { headers: { 'x-gateway-key': 'of-the-gateway' } })
    expect(gate.headers['x-gateway-key']).toBe('of-the-gateway')
  })

  it('leaves the settings of the browser alone unless told otherwise', async () => {
    const overrides = ['Browser.setDownloadBehavior', 'Emulation.setFocusEmulationEnabled']
    await (await connect(gate)).disconnect()
    for (const method of overrides) expect(gate.methods).not.toContain(method)
    await (await connect(gate, { noDefaults: false })).disconnect()
    for (const method of overrides) expect(gate.methods).toContain(method)
  })
})

describe('disconnect', () => {
  it('leaves the session as it is, for the next to connect', async () => {
    const first = await connect(gate)
    await first.page.goto('data:text/html,<title>Still here</title>')
    await first.disconnect()
    expect(first.browser.isConnected()).toBe(false)
    expect(gate.methods).not.toContain('Browser.close')
    await gate.empty()

    await using second = await connect(gate)
    expect(await second.page.title()).toBe('Still here')
  })

  it('closes the contexts that were made over this connection, and no others', async () => {
    const { browser: attached, disconnect } = await connect(gate)
    const own = await attached.newContext()
    await own.newPage()
    expect(await browser.pages()).toHaveLength(2)
    await disconnect()
    await expect.poll(() => browser.pages()).toHaveLength(1)
  })

  it('may be called again, also at the same time', async () => {
    const { disconnect } = await connect(gate)
    await Promise.all([disconnect(), disconnect()])
    await disconnect()
    await gate.empty()
  })

  it('is what await using does', async () => {
    {
      await using connection = await connect(gate)
      expect(connection.browser.isConnected()).toBe(true)
    }
    await gate.empty()
    expect(await browser.pages()).toHaveLength(1)
  })

  it('is quick with a page that does not answer', async () => {
    const { disconnect } = await connect(gate)
    await browser.hangPages()
    const start = performance.now()
    await disconnect()
    expect(performance.now() - start).toBeLessThan(4_000)
    await gate.empty()
  })

  it('ends within its five seconds when the server does not say goodbye', async () => {
    const { disconnect } = await connect(gate)
    gate.freeze()
    const start = performance.now()
    await disconnect()
    expect(performance.now() - start).toBeLessThan(6_500)
  })

  it('of the other side is told by the browser', async () => {
    const { browser: attached, page, disconnect } = await connect(gate)
    const disconnected = new Promise((resolve) => attached.once('disconnected', resolve))
    await gate.close()
    expect(await disconnected).toBe(attached)
    await expect(page.title()).rejects.toThrow(/closed/)
    await disconnect()
  })
})

describe('a page that does not answer', () => {
  it('ends in an error that says so, and leaves no connection', async () => {
    await browser.hangPages()
    const start = performance.now()
    const error = await rejection(connect(gate, { timeout: 500 }))
    expect(performance.now() - start).toBeLessThan(5_000)
    expect(error).toBeInstanceOf(ConnectTimeoutError)
    expect(error).toMatchObject({ name: 'ConnectTimeoutError', phase: 'page', timeout: 500 })
    expect((error as Error).message).toContain('a page of the session does not answer')
    expectNoSecret(error, SECRET)
    await gate.empty()

    await browser.wakePages()
    await using connection = await connect(gate)
    expect(await connection.page.evaluate('1 + 1')).toBe(2)
  })

  it('is waited for within the same attempt when it is only busy', async () => {
    await browser.hangPages()
    const connecting = connect(gate)
    await gate.called('Page.enable')
    await browser.wakePages()
    await using connection = await connecting
    expect(await connection.page.evaluate('1 + 1')).toBe(2)
  })
})

describe('a page that cannot be opened', () => {
  beforeEach(() => browser.closePages())

  it('because the browser refuses: the connection is closed before the error arrives', async () => {
    gate.rule = ({ method }) =>
      method === 'Target.createTarget' ? { error: `No more pages for ${gate.cdpUrl}` } : 'pass'
    const error = await rejection(connect(gate))
    expect(error).toBeInstanceOf(ConnectError)
    expectNoSecret(error, SECRET)
    await gate.empty()
  })

  it('in time: the page that comes late is closed again, then the connection', async () => {
    gate.rule = ({ method }) => (method === 'Target.createTarget' ? 'hold' : 'pass')
    const error = await rejection(connect(gate, { timeout: 500 }))
    expect(error).toMatchObject({ name: 'ConnectTimeoutError', phase: 'page', timeout: 500 })
    expect(gate.connections).toBe(1)
    gate.release()
    await gate.empty()
    expect(gate.methods).toContain('Target.closeTarget')
    expect(await browser.pages()).toEqual([])
  })
})

describe('signal', () => {
  const reason = new Error('The user went away.')

  it('aborted before: nothing is sent', async () => {
    const error = await rejection(connect(gate, { signal: AbortSignal.abort(reason) }))
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ name: 'AbortError', cause: reason })
    expect(gate.methods).toEqual([])
  })

  it('aborted while a page does not answer: rejects at once and frees the socket', async () => {
    await browser.hangPages()
    const abort = new AbortController()
    const connecting = rejection(connect(gate, { signal: abort.signal }))
    await gate.called('Page.enable')
    const start = performance.now()
    abort.abort(reason)
    expect(await connecting).toMatchObject({ name: 'AbortError', cause: reason })
    expect(performance.now() - start).toBeLessThan(4_000)
    await gate.empty()
  })

  it('aborted, with a Playwright that cannot be: the browser that comes late is left', async () => {
    // Up to 1.61 Playwright does not read a signal; here it gets none.
    const deaf: Chromium = {
      connectOverCDP: (url, { timeout = 0, noDefaults = true } = {}) =>
        chromium.connectOverCDP(url, { timeout, noDefaults }),
    }
    gate.rule = ({ method }) => (method === 'Browser.getVersion' ? 'hold' : 'pass')
    const abort = new AbortController()
    const connecting = rejection(connect(gate, { chromium: deaf, signal: abort.signal }))
    await gate.called('Browser.getVersion')
    abort.abort(reason)
    expect(await connecting).toMatchObject({ name: 'AbortError', cause: reason })
    expect(gate.connections).toBe(1)
    gate.release()
    await gate.empty()
  })

  it('aborted while a page is opened: the page that comes late is closed', async () => {
    await browser.closePages()
    gate.rule = ({ method }) => (method === 'Target.createTarget' ? 'hold' : 'pass')
    const abort = new AbortController()
    const connecting = rejection(connect(gate, { signal: abort.signal }))
    await gate.called('Target.createTarget')
    abort.abort(reason)
    expect(await connecting).toMatchObject({ name: 'AbortError', cause: reason })
    gate.release()
    await gate.empty()
    expect(await browser.pages()).toEqual([])
  })

  it('aborted after: the connection stays, and nothing listens any more', async () => {
    const abort = new AbortController()
    const { page, disconnect } = await connect(gate, { signal: abort.signal })
    abort.abort(reason)
    expect(await page.evaluate('1 + 1')).toBe(2)
    await disconnect()
  })
})

it('tells the end of the browser', async () => {
  const mortal = await TestChromium.launch()
  try {
    const { browser: attached, disconnect } = await connect(mortal)
    const disconnected = new Promise((resolve) => attached.once('disconnected', resolve))
    await mortal.close()
    expect(await disconnected).toBe(attached)
    await disconnect()
  } finally {
    await mortal.close()
  }
})
