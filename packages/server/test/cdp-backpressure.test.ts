import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CreateSessionResponse } from '@tandem-browser/core'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { RawClient } from './support/raw-client.ts'
import { ServerProcess } from './support/server-process.ts'
import { browserOf } from './support/session-processes.ts'

/** Megabytes by which a client may make the server grow. */
const memoryLimit = 64

let server: ServerProcess
let session: CreateSessionResponse
let greedy: RawClient
let other: RawClient
let page: string

beforeEach(async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'tandem-test-'))
  onTestFinished(() => rm(dataDirectory, { recursive: true, force: true }))
  server = await ServerProcess.start(dataDirectory)
  session = await server.createSession()
  ;[greedy, other] = await Promise.all([
    RawClient.connect(session.cdpUrl),
    RawClient.connect(session.cdpUrl),
  ])
  page = await greedy.attach()
})

/** Megabytes of the server's memory, now and at the most since it was last asked. */
async function memory(): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  const read = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
  // Linux begins to look for the peak anew.
  await writeFile(`/proc/${server.pid}/clear_refs`, '5')
  return { now: read('VmRSS'), peak: read('VmHWM') }
}

function ask(id: number, expression: string): void {
  greedy.write({ id, method: 'Runtime.evaluate', sessionId: page, params: { expression } })
}

test('a client that does not read is cut off before it costs the server 64 MB', async () => {
  // A first large answer, and its context, of which the others hear when it is gone.
  expect(await greedy.evaluate(`'x'.repeat(5_000_000)`, page)).toHaveLength(5_000_000)
  await greedy.send('Target.createBrowserContext')
  const before = (await memory()).now
  greedy.webSocket.pause()
  for (let id = 1_000; id < 1_040; id += 1) ask(id, `'x'.repeat(5_000_000)`)
  const contexts = async (): Promise<unknown> =>
    (await other.send<{ browserContextIds: string[] }>('Target.getBrowserContexts'))
      .browserContextIds
  await expect.poll(contexts, { timeout: 20_000 }).toEqual([])
  expect((await memory()).peak - before).toBeLessThan(memoryLimit)
  greedy.webSocket.resume()
  expect((await greedy.closed).code).toBe(1006)
})

test('a browser that does not read holds the clients, and not the server’s memory', async () => {
  const text = 'x'.repeat(6 * 1024 * 1024)
  const version = await greedy.send('Browser.getVersion', { text })
  const before = (await memory()).now
  const browser = await browserOf(session.id)
  process.kill(browser, 'SIGSTOP')
  const ids = Array.from({ length: 16 }, (_, index) => 1_000 + index)
  for (const id of ids) greedy.write({ id, method: 'Browser.getVersion', params: { text } })
  // What cannot be passed on stays with the client, and nobody else waits for it.
  let buffered = Infinity
  let stillFor = 0
  await expect
    .poll(() => {
      stillFor = greedy.webSocket.bufferedAmount === buffered ? stillFor + 1 : 0
      buffered = greedy.webSocket.bufferedAmount
      return stillFor
    })
    .toBe(10)
  expect(buffered).toBeGreaterThan(32 * 1024 * 1024)
  expect((await server.api('GET', `/v2/interact/${session.id}`)).status).toBe(200)
  expect((await memory()).peak - before).toBeLessThan(memoryLimit)
  process.kill(browser, 'SIGCONT')
  await greedy.next(({ id }) => id === ids.at(-1), 'the last answer')
  const answers = greedy.received.filter(({ id }) => id !== undefined && id >= 1_000)
  expect(answers).toEqual(ids.map((id) => ({ id, result: version })))
  expect(await other.pages()).toHaveLength(1)
})
