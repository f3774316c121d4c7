import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { isolationAvailable } from './support/isolation.ts'
import { RawClient } from './support/raw-client.ts'
import { ServerProcess } from './support/server-process.ts'
import { processesOf } from './support/session-processes.ts'

let dataDirectory: string

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'tandem-teardown-'))
  return () => rm(dataDirectory, { recursive: true })
})

/** Starts a process that has left its parent and its group, says so, and never ends. */
const busyWithChild = `
  const child = require('node:child_process').spawn('sleep', ['600'], {
    detached: true,
    stdio: 'ignore',
  })
  child.unref()
  console.log('begun')
  for (;;);`

interface Running {
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
  while (!text.includes('begun') && (await read()));
  const answer = (async () => {
    while (await read());
    return { status: response.status, text }
  })()
  // It is looked at only where the server lives long enough to give one.
  answer.catch(() => {})
  return { answer }
}

const isolations = [
  ['bubblewrap', false],
  ['none', true],
] as const

test.each(isolations.filter(([name]) => isolationAvailable || name === 'none'))(
  'kill -9 of the server, isolation %s: its processes end by themselves, the next start removes the rest',
  async (isolation, leavesDetached) => {
    const variables = { TANDEM_ISOLATION: isolation }
    const server = await ServerProcess.start(dataDirectory, variables)
    const [busy, stuck] = await Promise.all([server.createSession(), server.createSession()])
    await runForever(server, busy.id)
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
    const left = async (): Promise<string[]> =>
      (await processesOf(server)).map(({ commandLine }) => commandLine.trim())
    // A bubblewrap that was just making a sandbox may wait for ever, with nothing in it.
    const leftInside = async (): Promise<string[]> =>
      (await left()).filter((commandLine) => !/^\S*bwrap /.test(commandLine))
    // Browsers and kernels notice, also while a loop keeps them busy. Only without
    // isolation, what user code has cut loose stays until the server starts again.
    const expected = leavesDetached ? ['sleep 600'] : []
    await expect.poll(leftInside, { timeout: 5_000 }).toEqual(expected)

    const next = await ServerProcess.start(dataDirectory, variables)
    expect(await left()).toEqual([])
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
      (await RawClient.refusal(stuck.cdpUrl.replace(server.url.slice(4), next.url.slice(4))))
        .status,
    ).toBe(410)
    const { id } = await next.createSession()
    expect((await next.api('DELETE', `/v2/interact/${id}`)).status).toBe(200)
    expect(await next.end('SIGTERM')).toBe(0)
  },
  60_000,
)

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
  expect(await readdir(join(dataDirectory, 'sessions'))).toEqual([])

  const next = await ServerProcess.start(dataDirectory)
  for (const { id } of [busy, waiting]) {
    const { body } = await next.api('GET', `/v2/interact/${id}`)
    expect(body).toMatchObject({ status: 'destroyed', endReason: 'server_shutdown' })
    expect(body['sessionDurationMs']).toBeGreaterThan(0)
  }
}, 60_000)
