import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { expect, onTestFinished, test } from 'vitest'
import { RawClient } from './support/raw-client.ts'
import { ServerProcess } from './support/server-process.ts'
import { browserOf, kernelOf, processesOf, openDescriptors } from './support/session-processes.ts'

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Connections of these calls end with them, so that they are not among what is counted. */
const headers = { connection: 'close' }

/** A thousand with `TANDEM_TEST_LONG=1`, which takes about ten minutes. */
const count = process.env['TANDEM_TEST_LONG'] === '1' ? 1_000 : 91

test(`${count} sessions are made and deleted, some of them killed: nothing is left`, async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'tandem-teardown-'))
  onTestFinished(() => rm(dataDirectory, { recursive: true }))
  const server = await ServerProcess.start(dataDirectory)

  const execute = async (
    id: string,
    code: string,
    { timeout = 30, language = 'node' } = {},
  ): Promise<number> => {
    const body = { code, timeout, language }
    return (await server.api('POST', `/v2/interact/${id}/execute`, body, { headers })).status
  }

  /** Answers that come when the session has gone. */
  const late: Promise<number>[] = []

  /** What happens to a session between its start and its delete, with code of that language. */
  const lives: ((
    session: { id: string; cdpUrl: string },
    language: 'node' | 'bash',
  ) => Promise<'released' | 'crashed'>)[] = [
    async () => 'released',
    async ({ id }, language) => {
      const code = { node: 'await page.evaluate(6 * 7)', bash: 'agent-browser get url' }[language]
      expect(await execute(id, code, { language })).toBe(200)
      return 'released'
    },
    async ({ id }, language) => {
      late.push(execute(id, ':', { language }))
      const program = { node: 'kernels/node/main', bash: 'start.bash' }[language]
      const kernel = async (): Promise<boolean> =>
        (await processesOf(id)).some(({ commandLine }) => commandLine.includes(program))
      // It is deleted while its kernel starts.
      await expect.poll(kernel, { interval: 25, timeout: 20_000 }).toBe(true)
      return 'released'
    },
    async ({ cdpUrl }) => {
      const client = await RawClient.connect(cdpUrl)
      await client.send('Target.createBrowserContext')
      // It stays connected until the session ends.
      void client.closed
      return 'released'
    },
    async ({ id }) => {
      process.kill(await browserOf(id), 'SIGKILL')
      return 'crashed'
    },
    async ({ id }, language) => {
      expect(await execute(id, ':', { language })).toBe(200)
      process.kill(await kernelOf(id, language), 'SIGKILL')
      return 'released'
    },
    async ({ id }, language) => {
      const code = {
        node: `require('node:child_process').spawn('sleep', ['600'], { detached: true }); for (;;);`,
        bash: 'setsid sleep 600 & while :; do :; done',
      }[language]
      expect(await execute(id, code, { language, timeout: 1 })).toBe(200)
      return 'released'
    },
    async ({ id }) => {
      const code = 'agent-browser get url; setsid sleep 600 &'
      expect(await execute(id, code, { language: 'bash' })).toBe(200)
      return 'released'
    },
    async ({ id }, language) => {
      const code = {
        node: 'for (;;) await page.evaluate(6 * 7)',
        bash: 'while :; do agent-browser get url; done',
      }[language]
      const running = execute(id, code, { language, timeout: 1 })
      const processes = await processesOf(id)
      const victim = processes[Math.floor(Math.random() * processes.length)]
      if (victim) killQuietly(victim.pid)
      // Whichever it was: the answer comes, if only that there is nobody left to answer.
      expect([200, 410, 502]).toContain(await running)
      return 'crashed'
    },
  ]
  const live = async (index: number): Promise<void> => {
    const { id, cdpUrl } = await server.createSession({}, { headers })
    // A shell is there in a tenth of the time: one round in ten has an interpreter of JavaScript.
    const language = Math.floor(index / lives.length) % 10 === 0 ? 'node' : 'bash'
    const expected = await lives[index % lives.length]?.({ id, cdpUrl }, language)
    const url = `/v2/interact/${id}`
    expect((await server.api('DELETE', url, undefined, { headers })).status).toBe(200)
    expect(await processesOf(id)).toEqual([])
    const { body } = await server.api('GET', url, undefined, { headers })
    expect(body['status']).toBe('destroyed')
    // A delete may come before the server has noticed the end of the browser.
    if (expected === 'released') expect(body['endReason']).toBe('released')
    else expect(['crashed', 'released']).toContain(body['endReason'])
  }

  const limit = pLimit(4)
  // Every kind once, so that what a server opens once and keeps is open before it is counted.
  await Promise.all(lives.map((_, index) => limit(() => live(index))))
  const before = await openDescriptors(server.pid)
  const counted = await server.counters()
  await Promise.all(Array.from({ length: count }, (_, index) => limit(() => live(index))))

  for (const status of await Promise.all(late)) expect([200, 410]).toContain(status)
  expect(await processesOf(server)).toEqual([])
  expect(await readdir(join(dataDirectory, 'sessions'))).toEqual([])
  await expect.poll(() => openDescriptors(server.pid)).toEqual(before)
  await expect
    .poll(() => server.counters())
    .toMatchObject({
      ...{ sessions: 0, starting: 0, closing: 0, executions: 0, cdpClients: 0, cdpSockets: 0 },
      ...{ processes: 0, folders: 0, idempotentCalls: 0, pool: { ready: 0, starting: 0 } },
      egress: { sessions: 0, clients: 0, connections: 0 },
    })
  // One of those from before may have run out meanwhile.
  const { timers } = await server.counters()
  expect(timers).toBeLessThanOrEqual(counted['timers'] as number)
  const { body } = await server.api('GET', '/health', undefined, { headers })
  expect(body).toMatchObject({ status: 'ok', sessions: { active: 0 } })
  const { body: list } = await server.api<{ sessions: { status: string }[] }>(
    'GET',
    '/v2/interact?status=active',
    undefined,
    { headers },
  )
  expect(list.sessions).toEqual([])
  expect(await server.end('SIGTERM')).toBe(0)
}, 1_800_000)
