import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'

/** What was last seen of a process. */
export interface ProcessSample {
  readonly pid: number
  readonly parent: number
  /** The session of processes that it belongs to; not one of ours. */
  readonly session: number
  /** When it started; with the pid, tells processes apart for good. */
  readonly started: string
  /** Bytes in memory, including what it shares with others. */
  readonly residentBytes: number
  /** Processor time that it took, in clock ticks. */
  readonly ticks: number
  readonly niceness: number
  readonly threads: number
  /** Whether its first thread runs, or waits for nothing but a processor. */
  readonly isReady: boolean
}

/** A process with all of its descendants, as the last scan found them. */
export interface ProcessTree {
  readonly root: number
  readonly members: ReadonlyMap<number, ProcessSample>
}

interface GrowingTree extends ProcessTree {
  readonly members: Map<number, ProcessSample>
}

interface KnownProcess {
  started: string
  /** Undefined for processes of somebody else. */
  tree: GrowingTree | undefined
}

/** Processes that are read before other work of the server gets its turn. */
const slice = 32

/** More than a line of `/proc/<pid>/stat` has. */
const buffer = Buffer.alloc(4_096)

/**
 * Finds out which processes belong to which tree. All trees are found with one
 * look through `/proc`; what belongs to nobody is read once and then passed
 * over. A process stays in its tree when its parent ends. Finds nothing where
 * there is no `/proc`.
 */
export class ProcessTable {
  readonly #trees = new Map<number, GrowingTree>()
  readonly #known = new Map<number, KnownProcess>()
  readonly #pageBytes = pageBytes()

  /** From now on, finds the descendants of a process. */
  add(root: number): ProcessTree {
    const tree: GrowingTree = { root, members: new Map() }
    this.#trees.set(root, tree)
    this.#known.delete(root)
    return tree
  }

  remove(tree: ProcessTree): void {
    if (this.#trees.get(tree.root) === tree) this.#trees.delete(tree.root)
    for (const [pid, known] of this.#known) if (known.tree === tree) this.#known.delete(pid)
  }

  /** Forgets which processes are somebody else's: a number may have gone to another process. */
  forgetOthers(): void {
    for (const [pid, known] of this.#known) if (!known.tree) this.#known.delete(pid)
  }

  /** Brings these trees up to date. One call at a time. */
  async scan(due: ReadonlySet<ProcessTree>): Promise<void> {
    const names = await readdir('/proc').catch(() => [])
    const pids = names.filter((name) => /^\d+$/.test(name)).map(Number)
    this.#forgetGone(new Set(pids))
    const fresh = new Map<number, ProcessSample>()
    let read = 0
    for (const pid of pids) {
      const known = this.#known.get(pid)
      if (known && !(known.tree && due.has(known.tree))) continue
      read += 1
      if (read % slice === 0) await turn()
      const sample = this.#read(pid)
      if (!sample) this.#forget(pid)
      else if (known?.started === sample.started) known.tree?.members.set(pid, sample)
      else fresh.set(pid, sample)
    }
    for (const sample of fresh.values()) this.#place(sample, fresh)
  }

  #forgetGone(present: ReadonlySet<number>): void {
    for (const pid of this.#known.keys()) if (!present.has(pid)) this.#forget(pid)
  }

  #forget(pid: number): void {
    this.#known.get(pid)?.tree?.members.delete(pid)
    this.#known.delete(pid)
  }

  #place(sample: ProcessSample, fresh: ReadonlyMap<number, ProcessSample>): void {
    this.#forget(sample.pid)
    const ancestor = this.#knownAncestor(sample, fresh)
    // Its parent ended during the scan. By the next one it has another.
    if (ancestor === 'unknown') return
    this.#known.set(sample.pid, { started: sample.started, tree: ancestor })
    ancestor?.members.set(sample.pid, sample)
  }

  #knownAncestor(
    sample: ProcessSample,
    fresh: ReadonlyMap<number, ProcessSample>,
  ): GrowingTree | undefined | 'unknown' {
    let current = sample
    for (let steps = 0; steps <= fresh.size; steps += 1) {
      const tree = this.#trees.get(current.pid)
      if (tree) return tree
      if (current.parent === 0) return undefined
      const parent = fresh.get(current.parent)
      if (!parent) {
        const known = this.#known.get(current.parent)
        return known ? known.tree : 'unknown'
      }
      current = parent
    }
    return 'unknown'
  }

  #read(pid: number): ProcessSample | undefined {
    const text = readStart(`/proc/${pid}/stat`)
    // The name before the last parenthesis may contain anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // Counted as in proc(5), where the state is the third.
    const field = (number: number): string => fields[number - 3] ?? ''
    if (fields.length < 22 || field(3) === 'Z') return undefined
    return {
      pid,
      parent: Number(field(4)),
      session: Number(field(6)),
      started: field(22),
      residentBytes: Number(field(24)) * this.#pageBytes,
      ticks: Number(field(14)) + Number(field(15)),
      niceness: Number(field(19)),
      threads: Number(field(20)),
      isReady: field(3) === 'R',
    }
  }
}

/** A quarter of the cost of `readFileSync`, and this is done for every process there is. */
function readStart(path: string): string {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, 0))
  } catch {
    // It ended meanwhile.
    return ''
  } finally {
    closeSync(descriptor)
  }
}

/** The kernel says it to each program at its start (getauxval(3), AT_PAGESZ). */
function pageBytes(): number {
  const pageSize = 6n
  try {
    const words = readFileSync('/proc/self/auxv')
    for (let at = 0; at + 16 <= words.length; at += 16) {
      if (words.readBigUInt64LE(at) === pageSize) return Number(words.readBigUInt64LE(at + 8))
    }
  } catch {
    // There is no /proc, so there is nothing to count either.
  }
  return 4_096
}
