import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'

const childProcesses = JSON.stringify(new URL('child-processes.mjs', import.meta.url).href)

let runner: ChildProcess | undefined
afterEach(() => {
  runner?.kill('SIGKILL')
})

/**
 * A runner whose foreground job prints a line when it is ready. The job starts a grandchild that
 * would run for a minute.
 */
function startRunner(job: string): { lines: AsyncIterator<string>; closed: Promise<unknown[]> } {
  const program = `
    const { spawn } = await import('node:child_process')
    const grandchild = spawn(process.execPath, ['--eval', 'setTimeout(() => {}, 60_000)'])
    const say = (text) => console.log(text)
    ${job}
    say('ready ' + grandchild.pid)
    setTimeout(() => {}, 60_000)`
  runner = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { runInForeground } from ${childProcesses}
       process.exitCode = await runInForeground(process.execPath,
         ['--input-type=module', '--eval', ${JSON.stringify(program)}],
         { cwd: process.cwd(), env: process.env })`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const closed = once(runner, 'close')
  const lines = createInterface({ input: runner.stdout! })[Symbol.asyncIterator]()
  return { lines, closed }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next()
  if (done) throw new Error('the job ended')
  return value
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function untilGone(pid: number): Promise<void> {
  await expect.poll(() => isRunning(pid), { timeout: 5_000 }).toBe(false)
}

test('a signal reaches the job, its code is told, and nothing is left', async () => {
  const { lines, closed } = startRunner(
    `process.on('SIGTERM', () => { say('cleaning up'); process.exit(0) })`,
  )
  const grandchild = Number((await nextLine(lines)).split(' ')[1])
  runner?.kill('SIGTERM')
  expect(await nextLine(lines)).toBe('cleaning up')
  expect(await closed).toEqual([143, null])
  await untilGone(grandchild)
})

test('one key press that arrives twice, from the terminal and from npm, is one signal', async () => {
  const { lines, closed } = startRunner(
    `const seen = []
     const onSignal = (signal) => {
       seen.push(signal)
       if (seen.length === 1) setTimeout(() => { say(seen.join(' ')); process.exit(0) }, 200)
     }
     process.on('SIGINT', onSignal).on('SIGHUP', onSignal)`,
  )
  await nextLine(lines)
  // Two kinds, because the system itself makes one of two equal signals.
  runner?.kill('SIGINT')
  runner?.kill('SIGHUP')
  expect(await nextLine(lines)).toMatch(/^(SIGINT|SIGHUP)$/)
  expect((await closed)[0]).toBeGreaterThan(128)
})

test('a job that will not stop is killed at the second request, with all it started', async () => {
  const { lines, closed } = startRunner(`process.on('SIGINT', () => say('no'))`)
  const grandchild = Number((await nextLine(lines)).split(' ')[1])
  runner?.kill('SIGINT')
  expect(await nextLine(lines)).toBe('no')
  const again = setInterval(() => runner?.kill('SIGINT'), 100)
  try {
    expect(await closed).toEqual([130, null])
  } finally {
    clearInterval(again)
  }
  await untilGone(grandchild)
})

test('a job that fails passes its exit code on', async () => {
  const { closed } = startRunner('process.exit(7)')
  expect(await closed).toEqual([7, null])
})
