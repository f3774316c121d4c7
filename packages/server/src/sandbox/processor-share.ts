import { closeSync, openSync, readFileSync, readdirSync, writeSync } from 'node:fs'
import { availableParallelism, setPriority } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import type { ProcessSample, ProcessTree } from './process-table.ts'

export interface ProcessorShareOptions {
  role: 'browser' | 'kernel'
  tree: ProcessTree
  /** The niceness that its processes started with. */
  niceness: number
}

/** The part of all processors that a sandbox may take for long without giving way. */
const fairPart = 0.6

/** Threads for each processor that may be ready to run at once. */
const fairCrowd = 2

/** The threads of processes that took that part of one processor are counted one by one. */
const noticeablePart = 0.1

/** Threads of one process that are looked at. */
const maximumThreads = 64

/** Milliseconds for which it may take more. A page that loads takes much for a moment. */
const patience = { kernel: 500, browser: 1_500 }

/** One look says nothing about a longer time than that, in milliseconds. */
const longestLook = 500

/** Milliseconds after which one that takes its part again no longer gives way. */
const forgiveness = 5_000

/** What its threads get: they give way to everybody. */
const lowest = 19
/** What its sessions of processes get, but for the first: a tenth of what others have. */
const lowestGroup = 10
/** What those of a crowd get that is to end, where the server may: nine times what others have. */
const dyingGroup = -10

/** So many processes are a crowd: on a busy machine their end takes long. */
const crowd = 48

/** Clock ticks of a second, in which the kernel tells of processor time. */
const ticksPerSecond = 100

/** Processes that are changed before other work of the server gets its turn. */
const slice = 32

const cores = availableParallelism()

/**
 * Makes a sandbox that keeps all processors busy give way to the others, where
 * no control group shares the processors out.
 *
 * Linux shares them out by thread, and where it does so by sessions of
 * processes (autogroups), by those: whoever starts many gets much. A lower
 * priority is inherited, and code cannot raise it again.
 */
export class ProcessorShare {
  readonly #options: ProcessorShareOptions
  #previous = new Map<string, number>()
  #lookedAt = 0
  /** Milliseconds for which it has taken more than its part, less those for which it has not. */
  #greed = 0
  /** Since when it has taken its part only; `performance.now()`. */
  #fairSince: number | undefined
  /** Whether its threads give way. */
  #isLow = false
  /** The sessions of processes that give way. */
  readonly #lowered = new Set<number>()

  constructor(options: ProcessorShareOptions) {
    this.#options = options
  }

  /** Whether it takes so much that it must be looked at again soon. */
  get greedy(): boolean {
    return this.#greed > 0
  }

  /** Lets it have its part again, and more, because it is to end: that takes time of processors. */
  release(): void {
    const samples = [...this.#options.tree.members.values()]
    if (!this.#isLow && samples.length < crowd) return
    const done = new Set<number>()
    for (const { pid, session } of samples) {
      if (done.has(session)) continue
      done.add(session)
      if (!setGroupNiceness(pid, dyingGroup)) setGroupNiceness(pid, 0)
    }
    void this.#raise(samples)
  }

  /** Judges by what the last scan found. */
  async check(): Promise<void> {
    const { role, tree } = this.#options
    const now = performance.now()
    const elapsed = this.#lookedAt === 0 ? 0 : Math.min(now - this.#lookedAt, longestLook)
    const samples = [...tree.members.values()]
    if (this.#isGreedy(samples, now)) {
      this.#fairSince = undefined
      this.#greed = Math.min(this.#greed + elapsed, patience[role])
      if (this.#greed === patience[role]) await this.#lower(samples)
    } else {
      this.#fairSince ??= now
      this.#greed = Math.max(0, this.#greed - elapsed)
      if (this.#lowered.size > 0 && now - this.#fairSince > forgiveness)
        await this.#restore(samples)
    }
  }

  /**
   * On a machine that others keep busy as well it may not get what it asks for,
   * so how many of its threads ask counts as much as what they got.
   */
  #isGreedy(samples: readonly ProcessSample[], now: number): boolean {
    const elapsed = ((now - this.#lookedAt) / 1_000) * ticksPerSecond
    const isFirst = this.#lookedAt === 0
    const previous = this.#previous
    this.#lookedAt = now
    this.#previous = new Map()
    let taken = 0
    let ready = 0
    for (const sample of samples) {
      const key = keyOf(sample)
      const ticks = sample.ticks - (previous.get(key) ?? 0)
      this.#previous.set(key, sample.ticks)
      taken += ticks
      if (sample.threads > 1 && ticks > elapsed * noticeablePart) ready += readyThreads(sample.pid)
      else if (sample.isReady) ready += 1
    }
    return !isFirst && (taken > elapsed * cores * fairPart || ready > cores * fairCrowd)
  }

  async #lower(samples: readonly ProcessSample[]): Promise<void> {
    const { role, tree } = this.#options
    this.#isLow = true
    // As one group, the first has no more than any other sandbox.
    const first = firstSessions(tree)
    for (const { pid, session } of samples) {
      if (first.has(session) || this.#lowered.has(session)) continue
      if (!setGroupNiceness(pid, lowestGroup)) break
      this.#lowered.add(session)
    }
    const above = samples.filter(({ niceness }) => niceness < lowest)
    // Pages only: a browser that gives way with the rest of it could not be told to close them.
    const chosen = role === 'kernel' ? above : above.filter(({ pid }) => isRenderer(pid))
    await setNiceness(chosen, lowest)
  }

  async #restore(samples: readonly ProcessSample[]): Promise<void> {
    this.#isLow = false
    for (const { pid, session } of samples) {
      if (this.#lowered.has(session) && setGroupNiceness(pid, 0)) this.#lowered.delete(session)
    }
    await this.#raise(samples)
  }

  async #raise(samples: readonly ProcessSample[]): Promise<void> {
    const below = samples.filter(({ niceness }) => niceness === lowest)
    await setNiceness(below, this.#options.niceness)
  }
}

/** Those of what makes the sandbox, and of what runs in it from the start. */
function firstSessions({ root, members }: ProcessTree): Set<number> {
  const sessions = new Set<number>()
  for (const { pid, parent, session } of members.values()) {
    if (pid === root || parent === root) sessions.add(session)
  }
  return sessions
}

function readyThreads(pid: number): number {
  let ready = 0
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`).slice(0, maximumThreads)) {
      const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')
      if (text.startsWith('R', text.lastIndexOf(')') + 2)) ready += 1
    }
  } catch {
    // It has ended.
  }
  return ready
}

function keyOf({ pid, started }: ProcessSample): string {
  return `${pid}:${started}`
}

/** Chromium writes spaces between the arguments of the processes that its zygote forks. */
const rendererCommand = /[\0 ]--type=renderer[\0 ]/

/** Whether a process of a browser runs a page. */
export function isRenderer(pid: number): boolean {
  try {
    return rendererCommand.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'))
  } catch {
    return false
  }
}

/** Sets it for all threads of the processes, as far as this server may. */
async function setNiceness(samples: readonly ProcessSample[], niceness: number): Promise<void> {
  for (const [index, { pid }] of samples.entries()) {
    if (index % slice === slice - 1) await turn()
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), niceness)
    } catch {
      // It has ended. Or the priority was to be raised again, which only root may.
    }
  }
}

/**
 * Sets the niceness of the whole session of processes that one is in (sched(7),
 * "The autogroup feature"). False when the kernel does not let it: of servers
 * that are not root it takes ten changes a second, and none to more than others
 * have. A process that has ended is no matter.
 */
function setGroupNiceness(pid: number, niceness: number): boolean {
  let file: number | undefined
  try {
    file = openSync(`/proc/${pid}/autogroup`, 'r+')
    writeSync(file, String(niceness))
    return true
  } catch (error) {
    return !['EAGAIN', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
