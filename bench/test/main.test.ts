import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { countProcesses } from '../src/subjects/traces.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Run {
  child: ChildProcess
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>
}

/** Runs the command with a temporary folder of its own. */
function start(...flags: string[]): Run {
  const child = spawn(process.execPath, [main, ...flags], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => (output[name] += chunk.toString('utf8')))
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }))
  return { child, ended }
}

test(
  'one row, two samples: a table, and a file with the samples',
  { timeout: 60_000 },
  async () => {
    const output = join(folder, 'results')
    const { ended } = start('--only', 'execute', '--samples', '2', '--output', output)
    const { code, stdout, stderr } = await ended
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('1 of 1: execute'),
    })
    expect(stdout).toMatch(/execute `1 \+ 1` in node +\| [\d.]+ \/ [\d.]+ ms .*× \| 2 /)

    const names = await readdir(output)
    expect(names.map((name) => name.replace(/^[\dTZ-]+/, ''))).toEqual(['.json', '.md'])
    const { rows, failures, machine } = JSON.parse(await readFile(join(output, names[0]!), 'utf8'))
    expect(failures).toEqual([])
    expect(machine.cores).toBeGreaterThan(0)
    // Node and bash; Python where there is one.
    expect(rows.length).toBeGreaterThanOrEqual(4)
    for (const { data, ratio } of rows) {
      expect(data.samples.tandem).toHaveLength(2)
      expect(Math.min(...data.samples.tandem, ...data.samples.playwright)).toBeGreaterThan(0)
      expect(ratio).toBeGreaterThan(0)
    }
    expect(await readdir(folder)).toEqual(['results'])
  },
)

test('a stop in the middle leaves nothing behind', { timeout: 60_000 }, async () => {
  const { child, ended } = start('--only', 'create', '--samples', '1000')
  let progress = ''
  for await (const chunk of child.stderr!) {
    progress += String(chunk)
    // From here on nobody reads what it writes; that is no reason to leave anything, either.
    if (progress.includes('1 of 1')) break
  }
  child.kill('SIGINT')
  expect((await ended).code).toBe(130)
  expect(await readdir(folder)).toEqual([])
  if (process.platform === 'linux') expect(await countProcesses(child.pid!, [folder])).toBe(0)
})

test('a wrong flag is refused before anything starts', async () => {
  const { code, stderr } = await start('--only', 'creates').ended
  expect(code).toBe(2)
  expect(stderr).toContain('--only names "creates"')
  expect(await readdir(folder)).toEqual([])
})
