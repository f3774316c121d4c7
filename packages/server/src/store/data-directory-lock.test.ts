import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { DataDirectoryLock } from './data-directory-lock.ts'
import { SqliteStore } from './sqlite-store.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-lock-'))
  return () => rm(folder, { recursive: true })
})

const module = new URL('./data-directory-lock.ts', import.meta.url).href

function startProcess(code: string): ChildProcessByStdio<null, Readable, null> {
  const program = `
    const { DataDirectoryLock } = await import(${JSON.stringify(module)})
    const folder = ${JSON.stringify(folder)}
    ${code}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

test('one holder at a time, also within a process; the store stays open to others', async () => {
  const lock = DataDirectoryLock.acquire(folder)
  expect(() => DataDirectoryLock.acquire(folder)).toThrow(
    `Another Tandem server is using the data folder ${folder}.`,
  )
  await using store = await SqliteStore.open(folder)
  await store.put('key', 1)
  lock.release()
  lock.release()
  DataDirectoryLock.acquire(folder).release()
})

test('kill -9 of the holder frees the folder', async () => {
  const holder = startProcess(`
    globalThis.lock = DataDirectoryLock.acquire(folder)
    process.stdout.write('held')
    setInterval(() => {}, 1_000)`)
  await once(holder.stdout, 'data')
  expect(() => DataDirectoryLock.acquire(folder)).toThrow('Another Tandem server')
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  DataDirectoryLock.acquire(folder).release()
})

test('an attempt that fails does not loosen the lock for other processes', async () => {
  using _lock = DataDirectoryLock.acquire(folder)
  expect(() => DataDirectoryLock.acquire(folder)).toThrow('Another Tandem server')
  const other = startProcess(`
    try {
      DataDirectoryLock.acquire(folder)
      process.stdout.write('taken')
    } catch (error) {
      process.stdout.write(error.message)
    }`)
  const [answer] = await once(other.stdout, 'data')
  expect(String(answer)).toContain('Another Tandem server')
  await once(other, 'exit')
})
