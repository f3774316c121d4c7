import { statfsSync } from 'node:fs'
import { deletedFileBytes } from './deleted-files.ts'
import { type FolderUsage, measureFolder } from './folder-usage.ts'
import { type Overrun, diskOverrun, filesOverrun } from './overrun.ts'
import type { Mount } from './isolation.ts'

export interface WorkFolderLimits {
  bytes: number
  /** Files and folders. */
  entries: number
}

/** Who may have written since the last look. */
export interface Writers {
  /** Whether an execution runs. */
  running: boolean
  /** How many have begun so far. */
  begun: number
  /** The processes that code runs in. */
  pids: readonly number[]
}

/** What is to be done about the folder. */
export type FolderVerdict =
  | { action: 'none' }
  /** The execution that runs made it too large. */
  | { action: 'end execution'; overrun: Overrun }
  /** It became too large while nothing ran that could be ended instead. */
  | { action: 'end session'; overrun: Overrun }

/** Milliseconds between two measurements at least, while an execution runs and while none does. */
const intervals = { running: 250, idle: 2_000 }

/** Milliseconds between two at most, however long they take. */
const longest = { running: 3_000, idle: 30_000 }

/** A measurement may take this part of the time... */
const measuringShare = 0.05
/** ... and this much when the disk has lost what the folder may still take. */
const hastyShare = 0.5

/** The folders around a file of the greatest size do not make it too large. */
const toleranceBytes = 4 * 1024 * 1024
const growthBytes = 1024 * 1024
const growthEntries = 64

/** Beyond twice the limit and that much, it ends the session whoever it was. */
const hopelessBytes = 1024 ** 3

/**
 * Keeps the folder that the processes of a session share within its size.
 *
 * Whoever writes into a folder that is too large is stopped, and whoever clears
 * it up is not: what counts is whether it grew, and under whom.
 */
export class WorkFolderWatch {
  readonly #folder: Mount
  readonly #limits: WorkFolderLimits
  #usage: FolderUsage = { bytes: 0, entries: 0, exceeded: false }
  #measuredAt = 0
  #took = 0
  #freeThen = { bytes: 0, files: 0 }
  #writers: Writers = { running: false, begun: 0, pids: [] }
  /** The least that it held since it has been too large. */
  #floor: FolderUsage | undefined
  /** Whether the last look ended an execution. */
  #ended = false

  constructor(folder: Mount, limits: WorkFolderLimits) {
    this.#folder = folder
    this.#limits = limits
  }

  get usage(): Readonly<FolderUsage> {
    return this.#usage
  }

  /** Measures the folder if it is time, and says what follows. */
  async check(writers: Writers): Promise<FolderVerdict> {
    const free = this.#freeSpace()
    if (!this.#isDue(writers, free)) return { action: 'none' }
    const began = performance.now()
    const { host } = this.#folder
    this.#usage = await measureFolder(host, this.#limits.entries * 2)
    this.#usage.bytes += await deletedFileBytes(writers.pids, host)
    this.#measuredAt = performance.now()
    this.#took = this.#measuredAt - began
    this.#freeThen = free
    const verdict = this.#judge(this.#usage, writers)
    this.#writers = writers
    return verdict
  }

  #isDue(writers: Writers, free: { bytes: number; files: number }): boolean {
    const age = performance.now() - this.#measuredAt
    const state = writers.running ? 'running' : 'idle'
    const rest = Math.min(longest[state], this.#took / measuringShare)
    if (age > Math.max(intervals[state], rest)) return true
    if (age < this.#took / hastyShare) return false
    // It cannot have grown by more than the disk has lost.
    const bytesLeft = Math.max(growthBytes, this.#limits.bytes - this.#usage.bytes)
    const entriesLeft = Math.max(growthEntries, this.#limits.entries - this.#usage.entries)
    return (
      this.#freeThen.bytes - free.bytes > bytesLeft ||
      this.#freeThen.files - free.files > entriesLeft
    )
  }

  #judge(usage: FolderUsage, writers: Writers): FolderVerdict {
    const overrun = this.#overrunOf(usage)
    const floor = this.#floor
    const wasEnded = this.#ended
    this.#ended = false
    this.#floor = overrun && least(usage, floor)
    if (!overrun || (floor && !wasEnded && !hasGrown(usage, floor))) return { action: 'none' }
    if (wasEnded) {
      // The one that was ended may have written until it had.
      if (this.#isHopeless(usage)) return { action: 'end session', overrun }
    } else if (writers.running) {
      // One that ended since the last look may have been it; when it goes on growing, it was not.
      const begun = this.#begunSince(writers)
      if (floor !== undefined || begun <= (this.#writers.running ? 0 : 1)) {
        this.#ended = true
        return { action: 'end execution', overrun }
      }
    } else {
      const isBrowser = this.#begunSince(writers) === 0 && !this.#writers.running
      if (isBrowser || this.#isHopeless(usage)) return { action: 'end session', overrun }
    }
    this.#floor = usage
    return { action: 'none' }
  }

  #begunSince({ begun }: Writers): number {
    return begun - this.#writers.begun
  }

  #overrunOf({ bytes, entries }: FolderUsage): Overrun | undefined {
    const { inside } = this.#folder
    if (bytes > this.#limits.bytes + toleranceBytes) {
      return diskOverrun(bytes, this.#limits.bytes, inside)
    }
    return entries > this.#limits.entries ? filesOverrun(this.#limits.entries, inside) : undefined
  }

  #isHopeless({ bytes, exceeded }: FolderUsage): boolean {
    return exceeded || bytes > this.#limits.bytes * 2 + hopelessBytes
  }

  #freeSpace(): { bytes: number; files: number } {
    try {
      const { bavail, bsize, ffree } = statfsSync(this.#folder.host)
      return { bytes: bavail * bsize, files: ffree }
    } catch {
      // The session has ended.
      return { bytes: 0, files: 0 }
    }
  }
}

function hasGrown(usage: FolderUsage, floor: FolderUsage): boolean {
  return (
    usage.bytes > floor.bytes + growthBytes ||
    usage.entries > floor.entries + growthEntries ||
    (usage.exceeded && !floor.exceeded)
  )
}

function least(usage: FolderUsage, floor: FolderUsage = usage): FolderUsage {
  return {
    bytes: Math.min(usage.bytes, floor.bytes),
    entries: Math.min(usage.entries, floor.entries),
    exceeded: usage.exceeded && floor.exceeded,
  }
}
