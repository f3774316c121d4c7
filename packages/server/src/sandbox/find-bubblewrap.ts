import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import {
  type IsolationProblem,
  missingProblem,
  notUsableProblem,
  tooOldProblem,
} from './isolation-problem.ts'
import type { Machine } from './machine.ts'

/** The program that makes the sandboxes. */
export interface Bubblewrap {
  path: string
  /** Such as `0.8.0`. */
  version: string
}

/** The first one with `--size`, which bounds what a sandbox keeps in memory. */
const oldestVersion = [0, 6, 0] as const
/** Milliseconds until it must have said its version. */
const deadline = 5_000

/**
 * Finds bubblewrap: the one that was named, else `TANDEM_BWRAP`, else the first
 * in PATH, /usr/bin and /usr/local/bin. One that is named is never replaced by
 * another.
 */
export async function findBubblewrap(
  named: string | undefined,
  machine: Machine,
): Promise<{ bubblewrap: Bubblewrap } | { problem: IsolationProblem }> {
  const name = named || process.env['TANDEM_BWRAP']
  const path = name ? resolve(name) : await searchPath()
  if (path === undefined) return { problem: missingProblem(machine) }
  if (!(await isExecutable(path))) {
    return { problem: notUsableProblem(path, 'it is not a file that can be executed') }
  }
  const answer = await askVersion(path)
  if (answer.version === undefined) return { problem: notUsableProblem(path, answer.why) }
  const { version } = answer
  if (isOlder(version)) {
    const needed = oldestVersion.join('.')
    return { problem: tooOldProblem(machine, { path, version, needed }) }
  }
  return { bubblewrap: { path, version } }
}

async function searchPath(): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((path) => isAbsolute(path))
  for (const folder of [...folders, '/usr/bin', '/usr/local/bin']) {
    const path = join(folder, 'bwrap')
    if (await isExecutable(path)) return path
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

async function askVersion(
  path: string,
): Promise<{ version: string } | { version: undefined; why: string }> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], {
      timeout: deadline,
      killSignal: 'SIGKILL',
      encoding: 'utf8',
    })
    const version = /^bubblewrap (\d+(?:\.\d+)+)/.exec(stdout)?.[1]
    if (version !== undefined) return { version }
    return { version, why: 'it does not answer --version as bubblewrap does' }
  } catch (error) {
    const { killed, stderr, code } = error as { killed?: boolean; stderr?: string; code?: unknown }
    const said = stderr?.trim().split('\n').at(-1)?.slice(0, 300)
    const why = killed
      ? `no answer to --version within ${deadline / 1000} s`
      : said || `--version ended with ${String(code)}`
    return { version: undefined, why }
  }
}

function isOlder(version: string): boolean {
  const parts = version.split('.').map(Number)
  for (const [index, needed] of oldestVersion.entries()) {
    const part = parts[index] ?? 0
    if (part !== needed) return part < needed
  }
  return false
}
