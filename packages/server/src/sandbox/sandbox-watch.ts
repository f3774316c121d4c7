import { crowdOverrun, memoryOverrun } from './overrun.ts'
import { killQuietly } from './process-tree.ts'
import type { ProcessSample, ProcessTable, ProcessTree } from './process-table.ts'
import { ProcessorShare, isRenderer } from './processor-share.ts'
import { type MemoryMeasurement, measureMemory } from './proportional-memory.ts'
import type { SupervisedProcess } from './supervised-process.ts'
import { temporaryMemory } from './temporary-memory.ts'

export interface SandboxWatchOptions {
  process: SupervisedProcess
  role: 'browser' | 'kernel'
  /** Bytes of memory for all of its processes and its temporary files together. */
  memoryBytes: number
  /** The niceness that it starts with. */
  niceness: number
  table: ProcessTable
}

/**
 * Sessions of processes that a kernel may have, its own ones included. Linux may
 * give each of them as much of the processors as a whole other sandbox.
 */
const maximumSessions = 32

/** Milliseconds in which the end of a renderer must have brought relief. */
const reliefTime = 300

/** Bytes that even an empty page needs. Where there is no room for one, the end of others is no help. */
const pageBytes = 48 * 1024 * 1024

/** A browser that has grown so far past its limit, counted in limits, is not given that time. */
const hopeless = 2

/** A measurement may take this part of the time, so that nobody can keep the server measuring. */
const measuringShare = 0.25

/** Milliseconds after which an estimate is replaced by a measurement, for who reads the numbers. */
const estimateAge = 60_000

/** Below that, what a sandbox has grown by says nothing about when it will reach its limit. */
const noiseBytes = 8 * 1024 * 1024

/**
 * Keeps one sandbox within its memory. Most of the time the sum of the resident
 * sets is enough: what is shared counts several times in it, so when that is
 * below the limit, the truth is, too. Only when it is not, the truth is looked
 * for; and from then on what the processes have grown by since is added to it.
 */
export class SandboxWatch {
  readonly process: SupervisedProcess
  readonly role: 'browser' | 'kernel'
  readonly tree: ProcessTree
  readonly #limit: number
  readonly #table: ProcessTable
  readonly #processors: ProcessorShare
  #measured: { took: number; memory: MemoryMeasurement } | undefined
  #measuredAt = performance.now()
  #bytes = 0
  #checkedAt = 0
  #growing = false
  /** Whether the limit is near, at the rate of the last growth. */
  #nearing = false
  /** Until when renderers that were ended may bring a browser below its limit. */
  #reliefUntil: number | undefined

  constructor({ process, role, memoryBytes, niceness, table }: SandboxWatchOptions) {
    this.process = process
    this.role = role
    this.#limit = memoryBytes
    this.#table = table
    this.tree = table.add(process.pid)
    this.#processors = new ProcessorShare({ role, tree: this.tree, niceness })
  }

  /** Bytes of memory that it uses, as far as they are known; rather too much than too little. */
  get memoryBytes(): number {
    return this.#bytes
  }

  get processes(): number {
    return this.tree.members.size
  }

  /** Whether it must be looked at again very soon, or soon. */
  get pace(): 'urgent' | 'busy' | 'idle' {
    if (this.#nearing || this.#reliefUntil !== undefined) return 'urgent'
    const isBusy = this.#growing || this.#processors.greedy || this.process.inUse
    return isBusy ? 'busy' : 'idle'
  }

  /** Takes back what would keep it from ending at once. */
  release(): void {
    this.#processors.release()
  }

  close(): void {
    this.release()
    this.#table.remove(this.tree)
  }

  /** Compares what the last scan found with the limits, and ends what is too much. */
  async check(): Promise<void> {
    if (this.process.isEnding) return
    const sharesFairly = this.process.group?.bounds('cpu') === true
    if (this.role === 'kernel' && !sharesFairly && this.#sessions > maximumSessions) {
      this.process.end(crowdOverrun(this.#sessions, maximumSessions))
      return
    }
    const { group } = this.process
    if (group?.bounds('memory') === true) this.#note(group.memoryBytes, performance.now())
    await Promise.all([
      sharesFairly || this.#processors.check(),
      group?.bounds('memory') === true || this.#checkMemory(),
    ])
  }

  /** Sessions of processes, as setsid(2) makes them. */
  get #sessions(): number {
    return new Set([...this.tree.members.values()].map(({ session }) => session)).size
  }

  async #checkMemory(): Promise<void> {
    const temporary = temporaryMemory(this.process.namespaceInit)
    let bytes = this.#estimate(temporary)
    const now = performance.now()
    if (bytes > this.#limit || now - this.#measuredAt > estimateAge) {
      if (this.#measured && now - this.#measuredAt < this.#measured.took / measuringShare) return
      const memory = await measureMemory(this.tree.members.values())
      this.#measured = { took: performance.now() - now, memory }
      this.#measuredAt = now
      bytes = total(memory, temporary)
      if (bytes > this.#limit) await this.#exceed(bytes, memory)
      else this.#reliefUntil = undefined
    }
    this.#note(bytes, now)
  }

  #estimate(temporary: number): number {
    const resident = new Map<number, ProcessSample>()
    for (const { sample } of this.#measured?.memory.processes ?? []) {
      resident.set(sample.pid, sample)
    }
    let growth = 0
    for (const sample of this.tree.members.values()) {
      const then = resident.get(sample.pid)
      const before = then?.started === sample.started ? then.residentBytes : 0
      growth += Math.max(0, sample.residentBytes - before)
    }
    return growth + (this.#measured ? total(this.#measured.memory, temporary) : temporary)
  }

  #note(bytes: number, now: number): void {
    const growth = bytes - this.#bytes
    const untilLimit = ((this.#limit - bytes) / growth) * (now - this.#checkedAt)
    this.#growing = this.#checkedAt > 0 && growth > noiseBytes
    this.#nearing = this.#growing && untilLimit < reliefTime
    this.#bytes = bytes
    this.#checkedAt = now
  }

  async #exceed(bytes: number, memory: MemoryMeasurement): Promise<void> {
    if (this.role === 'browser' && bytes < this.#limit * hopeless) {
      const now = performance.now()
      if (this.#reliefUntil !== undefined && now < this.#reliefUntil) return
      const renderers = memory.processes.filter(({ sample }) => isRenderer(sample.pid))
      const rest = renderers.reduce((left, renderer) => left - renderer.bytes, bytes)
      // A page that crashes is less than a session that ends, unless every other would crash, too.
      const helps = this.#reliefUntil === undefined && rest + pageBytes <= this.#limit
      if (helps && endProcesses(bytes - this.#limit, renderers)) {
        this.#reliefUntil = now + reliefTime
        return
      }
    }
    this.process.end(memoryOverrun(bytes, this.#limit))
  }
}

/** What is shared lies for the most part in the temporary folders; it is not counted twice. */
function total({ private: own, files, shared }: MemoryMeasurement, temporary: number): number {
  return own + files + Math.max(shared, temporary)
}

/** Ends the first of them until the excess is gone. False when there is none. */
function endProcesses(excess: number, processes: MemoryMeasurement['processes']): boolean {
  let freed = 0
  for (const { sample, bytes } of processes) {
    if (freed >= excess) break
    killQuietly(sample.pid)
    freed += bytes
  }
  return freed > 0
}
