import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { CreateSessionResponse } from '@tandem-browser/core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RawClient } from './support/raw-client.ts'
import {
  browserOf,
  isAlive,
  kernelOf,
  processesOf,
  renderersOf,
} from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let session: CreateSessionResponse
let url: string

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(() => server.close())

beforeEach(async () => {
  session = await server.createSession()
  url = `/v2/interact/${session.id}`
  return async () => {
    await server.api('DELETE', url)
  }
})

async function execute(code: string, timeout = 30): Promise<Record<string, unknown>> {
  return (await server.api('POST', `${url}/execute`, { code, timeout })).body
}

/** User code that starts a process which has left its parent and its group. */
const startDetached = `
  const { spawn } = require('node:child_process')
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
  child.unref()
  child.pid`

async function expectGone(): Promise<void> {
  expect(await processesOf(session.id)).toEqual([])
  expect(await readdir(join(server.dataDirectory, 'sessions'))).not.toContain(session.id)
}

describe('a browser that is killed', () => {
  test('ends its session as crashed, with its kernel and its clients', async () => {
    await execute(startDetached)
    const [raw, playwright] = await Promise.all([
      RawClient.connect(session.cdpUrl),
      chromium.connectOverCDP(session.cdpUrl),
    ])
    const disconnected = new Promise((resolve) => playwright.once('disconnected', resolve))
    const [browser, kernel] = await Promise.all([browserOf(session.id), kernelOf(session.id)])
    process.kill(browser, 'SIGKILL')
    expect(await raw.closed).toEqual({ code: 1000, reason: 'The browser is gone.' })
    await disconnected

    const { body } = await server.api('GET', url)
    expect(body).toMatchObject({ status: 'destroyed', endReason: 'crashed', cdpUrl: '' })
    expect([browser, kernel].filter(isAlive)).toEqual([])
    await expectGone()
    const gone = {
      status: 410,
      body: {
        success: false,
        error: 'Browser session has been destroyed.',
        details: { endReason: 'crashed' },
      },
    }
    expect(await server.api('POST', `${url}/execute`, { code: '1' })).toMatchObject(gone)
    expect(await RawClient.refusal(session.cdpUrl)).toMatchObject(gone)
    const repeated = await server.api('DELETE', url)
    expect(repeated).toMatchObject({ status: 200, body: { success: true } })
    expect((await server.api('GET', url)).body).toMatchObject({ endReason: 'crashed' })
  })

  test('in the middle of an execution: that is answered', async () => {
    const running = server.api('POST', `${url}/execute`, {
      code: `await page.evaluate('new Promise(() => {})')`,
    })
    const kernel = await waitForKernel()
    process.kill(await browserOf(session.id), 'SIGKILL')
    expect(await running).toMatchObject({
      status: 410,
      body: { success: false, details: { endReason: 'crashed' } },
    })
    await expect.poll(async () => (await server.api('GET', url)).body['status']).toBe('destroyed')
    expect(isAlive(kernel)).toBe(false)
    await expectGone()
  })

  test('right after its start, or while it is deleted: there is one end, and nothing is left', async () => {
    const browser = await browserOf(session.id)
    const deleted = server.api('DELETE', url)
    process.kill(browser, 'SIGKILL')
    expect((await deleted).status).toBe(200)
    const { body } = await server.api('GET', url)
    expect(body['status']).toBe('destroyed')
    expect(['crashed', 'released']).toContain(body['endReason'])
    await expectGone()
  })

  test('is not a page that crashes: the session goes on', async () => {
    const raw = await RawClient.connect(session.cdpUrl)
    const page = await raw.attach()
    const crashed = raw.nextEvent('Inspector.targetCrashed')
    await raw.send('Inspector.enable', {}, page)
    for (const renderer of await renderersOf(session.id)) process.kill(renderer, 'SIGKILL')
    await crashed
    const { targetId } = await raw.send<{ targetId: string }>('Target.createTarget', {
      url: 'about:blank',
    })
    expect(await raw.evaluate('6 * 7', await raw.attach(targetId))).toBe(42)
    expect((await server.api('GET', url)).body).toMatchObject({ status: 'active' })
    await raw.close()
  })
})

describe('a kernel that is killed', () => {
  const notice = 'The kernel was restarted: variables and imports of earlier executions are gone.\n'

  test('between two executions is replaced, which the next one is told, once', async () => {
    await execute('globalThis.kept = 1')
    await execute(startDetached)
    const detached = async (): Promise<number> =>
      (await processesOf(session.id)).filter(({ commandLine }) => commandLine.startsWith('sleep'))
        .length
    expect(await detached()).toBe(1)
    const kernel = await kernelOf(session.id)
    process.kill(kernel, 'SIGKILL')
    await collected(kernel)
    expect(await execute('typeof kept')).toMatchObject({
      result: 'undefined',
      stderr: notice,
      exitCode: 0,
    })
    // What its code had left behind went with it.
    expect(await detached()).toBe(0)
    expect(await execute('1')).toMatchObject({ result: '1', stderr: '' })
    expect(await kernelOf(session.id)).not.toBe(kernel)
  })

  test('in the middle of an execution: that ends, and the next one runs', async () => {
    const started = nextBinding('started')
    await started.ready
    const running = execute(
      `await page.evaluate(() => started('')), console.log('so far'), await new Promise(() => {})`,
    )
    await started.called
    process.kill(await kernelOf(session.id), 'SIGKILL')
    expect(await running).toMatchObject({ success: true, exitCode: 137, killed: false })
    expect(await execute('typeof page.url()')).toMatchObject({
      result: 'string',
      stderr: notice,
      exitCode: 0,
    })
  })

  test('while its session is being deleted leaves nothing', async () => {
    const { body } = await server.api('POST', `${url}/execute`, {
      code: `${startDetached}; for (;;);`,
      timeout: 1,
    })
    expect(body).toMatchObject({ killed: true, exitCode: 124 })
    const [again] = await Promise.all([
      server.api('POST', `${url}/execute`, { code: `${startDetached}; for (;;);`, timeout: 300 }),
      waitForKernel().then(() => server.api('DELETE', url)),
    ])
    expect(again.status).toBe(410)
    await expectGone()
  })
})

/** Settles when the server has noticed the end of a child of its own. */
async function collected(pid: number): Promise<void> {
  await expect.poll(() => existsSync(`/proc/${pid}`), { interval: 5 }).toBe(false)
}

async function waitForKernel(): Promise<number> {
  let kernel = 0
  // What becomes the kernel has its command among its own arguments, until it is replaced by it.
  const look = async (): Promise<boolean> => {
    const found = await kernelOf(session.id).catch(() => 0)
    const isSame = found !== 0 && found === kernel
    kernel = found
    return isSame
  }
  await expect.poll(look, { timeout: 10_000 }).toBe(true)
  return kernel
}

/** Lets the page say when code in it has begun. */
function nextBinding(name: string): { ready: Promise<void>; called: Promise<void> } {
  const called = Promise.withResolvers<void>()
  const ready = (async () => {
    const raw = await RawClient.connect(session.cdpUrl)
    const page = await raw.attach()
    await raw.send('Runtime.enable', {}, page)
    await raw.send('Runtime.addBinding', { name }, page)
    void raw.nextEvent('Runtime.bindingCalled').then(async () => {
      called.resolve()
      await raw.close()
    })
  })()
  return { ready, called: called.promise }
}
