import { readFile, readdir } from 'node:fs/promises'

/** Linux counts processor time in hundredths of seconds for whoever asks from outside. */
const millisecondsPerTick = 10

interface ProcessState {
  pid: number
  parent: number
  /** Milliseconds on a processor since it began, with those of children that it has collected. */
  time: number
}

/** Milliseconds on a processor, since each of them began. */
export interface ProcessorTime {
  /** Of the process itself. */
  own: number
  /** Of each process that it, or one of those, has started and that lives. */
  started: ReadonlyMap<number, number>
}

/** What a process has used, and what it has started, as Linux tells it. */
export async function processorTimeOf(pid: number): Promise<ProcessorTime> {
  const own = await inspect(pid)
  if (!own) throw new Error('The process has ended.')
  const started = new Map((await descendantsOf(pid)).map(({ pid: each, time }) => [each, time]))
  return { own: own.time, started }
}

/** Milliseconds of each side between two moments. What has ended meanwhile is left out. */
export function usedBetween(
  before: ProcessorTime,
  after: ProcessorTime,
): { own: number; started: number } {
  const started = [...after.started].reduce(
    (sum, [pid, time]) => sum + time - (before.started.get(pid) ?? 0),
    0,
  )
  return { own: after.own - before.own, started }
}

/** Living processes that this one, or one of those, has started. */
export async function descendantsOf(root: number): Promise<ProcessState[]> {
  const all = (await Promise.all((await allProcesses()).map(inspect))).filter(
    (process) => process !== undefined,
  )
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]))
  const isDescendant = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && parent > 1 && (parent === root || isDescendant(parent))
  }
  return all.filter(({ pid }) => isDescendant(pid))
}

export async function allProcesses(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
}

async function inspect(pid: number): Promise<ProcessState | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  if (stat === undefined) return undefined
  // The name, in parentheses, may hold anything; state and parent come after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return { pid, parent: Number(fields[1]), time: ticks * millisecondsPerTick }
}
