import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const lockModule = JSON.stringify(new URL('lock.mjs', import.meta.url).href)

/** A process that takes the lock, notes when it has it and when it gives it back, and ends. */
async function contend(): Promise<number | null> {
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { appendFileSync } from 'node:fs'
       import { setTimeout as delay } from 'node:timers/promises'
       import { withLock } from ${lockModule}
       const note = (text) => appendFileSync('notes', text + ' ' + process.pid + '\\n')
       await withLock('.', () => {}, async () => { note('in'); await delay(20); note('out') })`,
    ],
    { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  const [code] = (await once(child, 'close')) as [number | null]
  return code
}

function expectOneAtATime(processes: number): void {
  const notes = readFileSync(join(folder, 'notes'), 'utf8').trimEnd().split('\n')
  expect(notes).toHaveLength(2 * processes)
  for (let index = 0; index < notes.length; index += 2) {
    const [entered, left] = [notes[index], notes[index + 1]]
    expect(entered).toMatch(/^in /)
    expect(left).toBe(entered?.replace('in', 'out'))
  }
  expect(existsSync(join(folder, 'setup.lock'))).toBe(false)
}

test('one process at a time holds it', async () => {
  expect(await Promise.all([contend(), contend(), contend(), contend()])).toEqual([0, 0, 0, 0])
  expectOneAtATime(4)
})

test('the lock of a process that was killed is taken over, by one of many', async () => {
  const dead = spawn(process.execPath, ['--eval', ''])
  await once(dead, 'close')
  writeFileSync(join(folder, 'setup.lock'), `${dead.pid} 1`)
  expect(await Promise.all([contend(), contend(), contend(), contend()])).toEqual([0, 0, 0, 0])
  expectOneAtATime(4)
})

test.runIf(process.platform === 'linux')(
  'a later process with the same id does not keep an old lock alive',
  async () => {
    writeFileSync(join(folder, 'setup.lock'), `${process.pid} 1`)
    expect(await contend()).toBe(0)
    expectOneAtATime(1)
  },
)
