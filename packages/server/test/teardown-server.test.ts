import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { RawClient } from './support/raw-client.ts'
import { ServerProcess } from './support/server-process.ts'
import { isAlive, processesOf } from './support/session-processes.ts'

let dataDirectory: string

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'tandem-teardown-'))
  return () => rm(dataDirectory, { recursive: true })
})

/** Starts a process that has left its parent and its group, tells its pid, and never ends. */
const busyWithChild = `
  const child = require('node:child_process').spawn('sleep', ['600'], {
    detached: true,
    stdio: 'ignore',
  })
  child.unref()
  console.log(child.pid)
  for (;;);`

interface Running {
  detached: number
  answer: Promise<{ status: number; text: string }>
}

/** Runs code that never ends, and waits until it runs. */
async function runForever(server: ServerProcess, id: string): Promise<Running> {
  const response = await fetch(`${server.url}/v2/interact/${id}/execute`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${ServerProcess.keys[0]}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ code: busyWithChild, timeout: 300 }),
  })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  const read = async (): Promise<boolean> => {
    const { done, value } = await reader.read()
    if (value) text += Buffer.from(value).toString('utf8')
    return !done
  }
  while (!/\d+\\n/.test(text) && (await read()));
  const answer = (async () => {
    while (await read());
    return { status: response.status, text }
  })()
  // It is looked at only where the server lives long enough to give one.
  answer.catch(() => {})
  return { detached: Number(/(\d+)\\n/.exec(text)?.[1]), answer }
}

test('kill -9 of the server: its processes end by themselves, the next start removes the rest', async () => {
  const server = await ServerProcess.start(dataDirectory)
  const [busy, stuck] = await Promise.all([server.createSession(), server.createSession()])
  const { detached } = await runForever(server, busy.id)
  const client = await RawClient.connect(stuck.cdpUrl)
  const page = await client.attach()
  client.write({
    id: 99,
    method: 'Runtime.evaluate',
    sessionId: page,
    params: { expression: 'for (;;);' },
  })
  // A third one is still being made.
  const creating = server.api('POST', '/v2/interact').catch(() => undefined)
  await expect.poll(() => readdir(join(dataDirectory, 'sessions'))).toHaveLength(3)
  // Two browsers with their helpers, and a kernel.
  expect((await processesOf(server)).length).toBeGreaterThan(10)

  expect(await server.end('SIGKILL')).toBe(null)
  await creating
  await client.closed
  const left = async (): Promise<number[]> => (await processesOf(server)).map(({ pid }) => pid)
  // Browsers and kernels notice, also while a loop keeps them busy. Only what
  // user code has cut loose stays, until the server starts again.
  await expect.poll(left, { timeout: 5_000 }).toEqual([detached])

  const next = await ServerProcess.start(dataDirectory)
  expect(await left()).toEqual([])
  expect(isAlive(detached)).toBe(false)
  expect(await readdir(join(dataDirectory, 'sessions'))).toEqual([])
  for (const { id } of [busy, stuck]) {
    const { status, body } = await next.api('GET', `/v2/interact/${id}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'destroyed', endReason: 'server_shutdown', cdpUrl: '' })
    const execution = await next.api('POST', `/v2/interact/${id}/execute`, { code: '1' })
    expect(execution).toMatchObject({
      status: 410,
      body: { details: { endReason: 'server_shutdown' } },
    })
    expect((await next.api('DELETE', `/v2/interact/${id}`)).status).toBe(200)
  }
  expect(
    (await RawClient.refusal(stuck.cdpUrl.replace(server.url.slice(4), next.url.slice(4)))).status,
  ).toBe(410)
  const { id } = await next.createSession()
  expect((await next.api('DELETE', `/v2/interact/${id}`)).status).toBe(200)
  expect(await next.end('SIGTERM')).toBe(0)
}, 60_000)

test('SIGTERM: what runs is answered, everything ends, and the exit code is 0', async () => {
  const server = await ServerProcess.start(dataDirectory)
  const [busy, waiting] = await Promise.all([server.createSession(), server.createSession()])
  const client = await RawClient.connect(waiting.cdpUrl)
  const streamed = await runForever(server, busy.id)
  const queued = server.api('POST', `/v2/interact/${busy.id}/execute`, { code: '1' })
  const awaited = server.api('POST', `/v2/interact/${waiting.id}/execute`, {
    code: `await page.evaluate('window.started = true'), await new Promise(() => {})`,
    timeout: 300,
  })
  const page = await client.attach()
  await expect.poll(() => client.evaluate('window.started', page), { timeout: 10_000 }).toBe(true)

  expect(await server.end('SIGTERM')).toBe(0)
  const gone = { success: false, details: { endReason: 'server_shutdown' } }
  const { status, text } = await streamed.answer
  expect(status).toBe(200)
  const [, failure] = /event: error\ndata: (.*)\n/.exec(text) ?? []
  expect(JSON.parse(failure ?? '')).toMatchObject({ ...gone, status: 410 })
  for (const answer of [await queued, await awaited]) {
    expect(answer).toMatchObject({ status: 410, body: gone })
  }
  expect((await client.closed).reason).toBe('The browser is gone.')
  expect(await processesOf(server)).toEqual([])
  expect(isAlive(streamed.detached)).toBe(false)
  expect(await readdir(join(dataDirectory, 'sessions'))).toEqual([])

  const next = await ServerProcess.start(dataDirectory)
  for (const { id } of [busy, waiting]) {
    const { body } = await next.api('GET', `/v2/interact/${id}`)
    expect(body).toMatchObject({ status: 'destroyed', endReason: 'server_shutdown' })
    expect(body['sessionDurationMs']).toBeGreaterThan(0)
  }
}, 60_000)
