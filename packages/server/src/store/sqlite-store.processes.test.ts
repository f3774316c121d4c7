import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { SqliteStore } from './sqlite-store.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-store-'))
  return () => rm(folder, { recursive: true })
})

/** Runs code in a process of its own that has `store` open. */
function startProcess(code: string): ChildProcessByStdio<null, Readable, null> {
  const module = new URL('./sqlite-store.ts', import.meta.url).href
  const program = `
    const { SqliteStore } = await import(${JSON.stringify(module)})
    const store = await SqliteStore.open(${JSON.stringify(folder)})
    ${code}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit')
  return child.exitCode
}

/** Adds one to a counter that others add to as well. */
const addOne = `
  for (;;) {
    const record = await store.get('counter')
    const done = record
      ? await store.compareAndSet('counter', record.version, record.value + 1)
      : await store.createIfAbsent('counter', 1)
    if (done) break
  }`

test('processes that open a new folder at once and count together lose nothing', async () => {
  const children = Array.from({ length: 3 }, () =>
    startProcess(`for (let n = 0; n < 300; n += 1) { ${addOne} } await store.close()`),
  )
  expect(await Promise.all(children.map(exitCode))).toEqual([0, 0, 0])
  await using store = await SqliteStore.open(folder)
  expect(await store.get('counter')).toMatchObject({ value: 900 })
})

test('a change by one process is what the next read of another sees', async () => {
  await using store = await SqliteStore.open(folder)
  await store.put('key', 'before')
  const child = startProcess(`await store.put('key', 'after'); await store.close()`)
  expect(await exitCode(child)).toBe(0)
  expect(await store.get('key')).toMatchObject({ value: 'after' })
})

test('kill -9 amid writes loses nothing that was answered and leaves nothing half-written', async () => {
  // Values of several pages, so that a write touches more than one.
  const writeForever = `
    const start = (await store.get('last'))?.value ?? 0
    for (let n = start + 1; ; n += 1) {
      const text = String(n).repeat(4_000)
      await store.put('record/' + (n % 20), { n, text })
      await store.putBlob('blob/' + (n % 20), Buffer.from(text))
      await store.put('last', n)
      process.stdout.write(n + '\\n')
    }`
  let answered = 0
  for (let round = 1; round <= 4; round += 1) {
    const child = startProcess(writeForever)
    const killAt = answered + 10 * round
    for await (const line of createInterface({ input: child.stdout })) {
      answered = Number(line)
      if (answered === killAt) child.kill('SIGKILL')
    }
    await exitCode(child)
    expect(child.signalCode).toBe('SIGKILL')

    await using store = await SqliteStore.open(folder)
    expect((await store.get('last'))?.value).toBeGreaterThanOrEqual(answered)
    const records = await store.listByPrefix('record/')
    expect(records.length).toBeGreaterThan(0)
    for (const { value } of records) {
      const { n, text } = value as { n: number; text: string }
      expect(text === String(n).repeat(4_000)).toBe(true)
      const blob = Buffer.from((await store.getBlob(`blob/${n % 20}`)) ?? '').toString()
      const blobNumber = blob.slice(0, blob.length / 4_000)
      expect(blob === blobNumber.repeat(4_000)).toBe(true)
      // The blob is written after its record, so it may be one turn behind.
      expect([n, n - 20, 0]).toContain(Number(blobNumber))
    }
    using raw = new DatabaseSync(join(folder, 'tandem.db'))
    expect(raw.prepare('PRAGMA integrity_check').get()).toMatchObject({ integrity_check: 'ok' })
  }
})

test('a process that holds the file locked is waited for', async () => {
  await using store = await SqliteStore.open(folder)
  await store.put('key', 1)
  const child = startProcess(`
    const { DatabaseSync } = await import('node:sqlite')
    const raw = new DatabaseSync(${JSON.stringify(join(folder, 'tandem.db'))})
    raw.exec("BEGIN IMMEDIATE; UPDATE record SET value = '2' WHERE key = 'key'")
    process.stdout.write('locked\\n')
    setTimeout(() => { raw.exec('COMMIT'); raw.close(); store.close() }, 200)`)
  await once(child.stdout, 'data')
  expect(await store.get('key')).toMatchObject({ value: 1 })
  await store.put('other', 1)
  expect(await store.get('key')).toMatchObject({ value: 2 })
  expect(await exitCode(child)).toBe(0)
})
