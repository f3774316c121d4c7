import { readdir } from 'node:fs/promises'
import type { CreateSessionResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { isolationAvailable } from './support/isolation.ts'
import { LocalSite } from './support/local-site.ts'
import { RawClient } from './support/raw-client.ts'
import { processesOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: LocalSite
let neighbour: CreateSessionResponse
let session: CreateSessionResponse
let client: RawClient

beforeAll(async () => {
  site = await LocalSite.start()
  server = await TestServer.start({ browserMemory: 400, sessionDisk: 32 })
  neighbour = await server.createSession()
})

afterAll(async () => {
  await server.close()
  await site.close()
})

beforeEach(async () => {
  session = await server.createSession()
  client = await RawClient.connect(session.cdpUrl)
  return async () => {
    client.webSocket.terminate()
    await server.api('DELETE', `/v2/interact/${session.id}`)
  }
})

/** Nothing of the session is left, and its neighbour does not know of it. */
async function expectGone(): Promise<void> {
  expect(await processesOf(session.id)).toEqual([])
  expect(await readdir(server.directory)).toEqual([neighbour.id])
  const { body } = await server.api('GET', `/v2/interact/${neighbour.id}`)
  expect(body).toMatchObject({ status: 'active' })
}

async function expectEnd(endReason: string): Promise<void> {
  await expect
    .poll(async () => (await server.api('GET', `/v2/interact/${session.id}`)).body, {
      timeout: 30_000,
    })
    .toMatchObject({ status: 'destroyed', endReason })
  await expectGone()
}

/** Begins a script in the page that nobody waits for. */
async function begin(expression: string): Promise<string> {
  const page = await client.attach()
  client.write({ id: 10_000, method: 'Runtime.evaluate', params: { expression }, sessionId: page })
  return page
}

/** Not so fast that it is at twice its limit before anybody looks, which ends the session. */
const fillMemory = `(async () => {
  window.kept = []
  for (;;) {
    kept.push(new Uint8Array(8e6).fill(1))
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
})()`

test('a page that takes all the memory crashes, and its session goes on', async () => {
  await client.send('Target.setDiscoverTargets', { discover: true })
  const crashed = client.nextEvent('Target.targetCrashed')
  await begin(fillMemory)
  expect((await crashed).params).toMatchObject({ targetId: expect.any(String) })
  const { targetId } = await client.send<{ targetId: string }>('Target.createTarget', {
    url: 'about:blank',
  })
  expect(await client.evaluate('6 * 7', await client.attach(targetId))).toBe(42)
  const path = `/v2/interact/${session.id}`
  expect(await server.api('POST', `${path}/execute`, { code: '1' })).toMatchObject({
    body: { result: '1', exitCode: 0 },
  })
  expect((await server.api('GET', path)).body).toMatchObject({ status: 'active' })
  await server.api('DELETE', path)
  await expectGone()
})

test('of several pages only as many crash as have to', async () => {
  const path = `/v2/interact/${session.id}/execute`
  const code = `
    const small = await context.newPage()
    await small.goto('data:text/html,<title>small</title>')
    const crash = page.waitForEvent('crash')
    page.evaluate(() => void ${fillMemory}).catch(() => {})
    await crash
    await small.title()`
  expect(await server.api('POST', path, { code, timeout: 60 })).toMatchObject({
    body: { result: 'small', exitCode: 0 },
  })
})

test.skipIf(!isolationAvailable)(
  'a browser that takes all the memory although no page does ends its session',
  async () => {
    // The temporary folder of a sandbox is in memory, and the browser keeps there what pages store.
    const running = server.api('POST', `/v2/interact/${session.id}/execute`, {
      code: `for (let index = 0; ; index += 1) {
        const tab = await context.newPage()
        const stored = tab.goto('${site.url}').then(() => tab.evaluate(async (name) => {
          const folder = await navigator.storage.getDirectory()
          const bytes = new Uint8Array(16e6).fill(1)
          // Until this page is ended, which does not help.
          for (let count = 0; ; count += 1) {
            const file = await folder.getFileHandle(name + count, { create: true })
            const stream = await file.createWritable()
            await stream.write(bytes)
            await stream.close()
          }
        }, 'file' + index + '-'))
        await stored.catch(() => {})
        await tab.close().catch(() => {})
      }`,
      timeout: 30,
    })
    expect(await running).toMatchObject({
      status: 410,
      body: { success: false, details: { endReason: 'out_of_memory' } },
    })
    await expectEnd('out_of_memory')
    expect(await RawClient.refusal(session.cdpUrl)).toMatchObject({
      status: 410,
      body: { details: { endReason: 'out_of_memory' } },
    })
  },
)

test('downloads that fill the disk while no code runs end the session', async () => {
  await begin(`(async () => {
    for (let index = 0; index < 20; index += 1) {
      const link = document.createElement('a')
      link.href = URL.createObjectURL(new Blob([new Uint8Array(4e6).fill(1)]))
      link.download = 'file' + index
      link.click()
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  })()`)
  await expectEnd('out_of_disk')
})
