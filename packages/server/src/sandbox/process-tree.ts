import { readdir, readFile, readlink } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Environment variable that marks every process of a sandbox, so that a
 * process that left its parent and its process group is still found.
 */
export const processMark = 'TANDEM_PROCESS'

/**
 * Pids of the living processes whose environment carries the mark and
 * satisfies the condition. Empty where there is no `/proc`.
 */
export async function findMarkedProcesses(matches: (mark: string) => boolean): Promise<number[]> {
  let entries: string[]
  try {
    entries = await readdir('/proc')
  } catch {
    return []
  }
  const found = await Promise.all(
    entries
      .filter((entry) => /^\d+$/.test(entry))
      .map(async (entry) => {
        const mark = await readMark(entry)
        return mark !== undefined && matches(mark) && (await isAlive(entry)) ? Number(entry) : 0
      }),
  )
  return found.filter((pid) => pid > 0 && pid !== process.pid)
}

/**
 * Kills the marked processes and looks again until none is left: one that
 * forks while it is being killed is caught by a later round.
 *
 * @throws Error when some are still alive after `deadline` milliseconds.
 */
export async function killMarkedProcesses(
  matches: (mark: string) => boolean,
  deadline: number,
): Promise<void> {
  const until = performance.now() + deadline
  for (;;) {
    const pids = await findMarkedProcesses(matches)
    if (pids.length === 0) return
    for (const pid of pids) killQuietly(pid)
    if (performance.now() > until) {
      throw new Error(`Processes ${pids.join(', ')} did not die within ${deadline} ms of SIGKILL.`)
    }
    await delay(5)
  }
}

/** SIGKILL to a process, or with a negative number to a group; no error when it is gone. */
export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function readMark(pid: string): Promise<string | undefined> {
  let environment: string
  try {
    environment = await readFile(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return undefined
  }
  const start = `${processMark}=`
  for (const variable of environment.split('\0')) {
    if (variable.startsWith(start)) return variable.slice(start.length)
  }
  return undefined
}

/** A zombie has no executable any more: it is dead, only not yet collected. */
async function isAlive(pid: string): Promise<boolean> {
  try {
    await readlink(`/proc/${pid}/exe`)
    return true
  } catch {
    return false
  }
}
