import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { countProcesses, findTraces } from './traces.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traces-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A process that waits, and starts another one that waits. */
async function startTree(environment: Record<string, string>): Promise<ChildProcess> {
  const wait = 'setInterval(() => {}, 1000)'
  const program = `
    require('node:child_process').spawn(process.execPath, ['-e', '${wait}'])
    process.stdout.write('started')
    ${wait}`
  const child = spawn(process.execPath, ['-e', program], {
    env: { ...process.env, ...environment },
    detached: true,
  })
  await once(child.stdout, 'data')
  return child
}

async function endTree(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  process.kill(-(child.pid ?? 0), 'SIGKILL')
  await exited
}

test.runIf(process.platform === 'linux')('a descendant counts wherever it works', async () => {
  const before = await countProcesses(process.pid, [folder])
  const child = await startTree({})
  expect(await countProcesses(process.pid, [folder])).toBe(before + 2)
  expect(await countProcesses(child.pid ?? 0, [folder])).toBe(1)
  await endTree(child)
  await expect.poll(() => countProcesses(process.pid, [folder])).toBe(before)
})

test.runIf(process.platform === 'linux')('so does a stranger that knows the folder', async () => {
  const child = await startTree({ HOME: join(folder, 'home') })
  // Of no relation to this process, as an orphan would be.
  expect(await countProcesses(2 ** 22, [folder])).toBe(2)
  await endTree(child)
  await expect.poll(() => countProcesses(2 ** 22, [folder])).toBe(0)
})

test.runIf(process.platform === 'linux')('folders and sockets are counted', async () => {
  const before = await findTraces(process.pid, [folder])
  await mkdir(join(folder, 'a', 'b'), { recursive: true })
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const after = await findTraces(process.pid, [folder])
  expect(after.folders).toBe(before.folders + 2)
  expect(after.sockets).toBe(before.sockets + 1)
  server.close()
  await once(server, 'close')
  expect((await findTraces(process.pid, [folder])).sockets).toBe(before.sockets)
})
