import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { expect, onTestFinished, test } from 'vitest'
import { RawClient } from './support/raw-client.ts'
import { ServerProcess } from './support/server-process.ts'
import { browserOf, kernelOf, processesOf, openDescriptors } from './support/session-processes.ts'

/** Connections of these calls end with them, so that they are not among what is counted. */
const headers = { connection: 'close' }

test('50 sessions are made and deleted, some of them killed: nothing is left', async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'tandem-teardown-'))
  onTestFinished(() => rm(dataDirectory, { recursive: true }))
  const server = await ServerProcess.start(dataDirectory)

  const execute = async (id: string, code: string, timeout = 30): Promise<number> =>
    (await server.api('POST', `/v2/interact/${id}/execute`, { code, timeout }, { headers })).status

  /** What happens to a session between its start and its delete. */
  const lives: ((session: { id: string; cdpUrl: string }) => Promise<'released' | 'crashed'>)[] = [
    async () => 'released',
    async ({ id }) => {
      expect(await execute(id, 'await page.evaluate(6 * 7)')).toBe(200)
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
    async ({ id }) => {
      expect(await execute(id, '1')).toBe(200)
      process.kill(await kernelOf(id), 'SIGKILL')
      return 'released'
    },
    async ({ id }) => {
      const code = `require('node:child_process').spawn('sleep', ['600'], { detached: true }); for (;;);`
      expect(await execute(id, code, 1)).toBe(200)
      return 'released'
    },
  ]
  const live = async (index: number): Promise<void> => {
    const { id, cdpUrl } = await server.createSession({}, { headers })
    const expected = await lives[index % lives.length]?.({ id, cdpUrl })
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
  await Promise.all(Array.from({ length: 50 }, (_, index) => limit(() => live(index))))

  expect(await processesOf(server)).toEqual([])
  expect(await readdir(join(dataDirectory, 'sessions'))).toEqual([])
  await expect.poll(() => openDescriptors(server.pid)).toEqual(before)
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
}, 180_000)
