import type { ProcessSpecification } from './isolation.ts'
import type { Overrun } from './overrun.ts'
import type { ProcessTable, ProcessTree } from './process-table.ts'
import { SandboxWatch } from './sandbox-watch.ts'
import type { SessionFolder } from './session-folder.ts'
import type { SessionLimits } from './session-limits.ts'
import type { SupervisedProcess } from './supervised-process.ts'
import { WorkFolderWatch, type Writers } from './work-folder-watch.ts'

/** What a session uses. */
export interface SessionUsage {
  /** Bytes of memory; of temporary files, too. */
  browserMemory: number
  kernelMemory: number
  processes: number
  /** Bytes and files of its work folder. */
  diskBytes: number
  diskEntries: number
}

export interface SessionWatchOptions {
  table: ProcessTable
  limits: SessionLimits
  /** Called when it must be looked at sooner than it was planned. */
  onHurry: () => void
  onClose: () => void
}

/** Milliseconds between two looks: when a limit is near, while code runs, and otherwise. */
const intervals = { urgent: 50, busy: 250, idle: 2_000 }

/** The part of that time after which it may as well be looked at when others are. */
const company = 0.5

/** Watches what one session uses: its sandboxes and its folder. Ends what uses too much. */
export class SessionWatch {
  /** Called when the session as a whole has to end. */
  onOverrun: ((overrun: Overrun) => void) | undefined
  readonly #options: SessionWatchOptions
  readonly #sandboxes = new Map<SupervisedProcess, SandboxWatch>()
  #folder: WorkFolderWatch | undefined
  /** How many executions have begun. */
  #begun = 0
  #begunAt = 0
  #checkedAt = performance.now()
  #closed = false

  constructor(options: SessionWatchOptions) {
    this.#options = options
  }

  /** Watches a process of the session until it has ended. */
  add(process: SupervisedProcess, { role, limits }: ProcessSpecification): void {
    if (this.#closed) return
    const { table, onHurry } = this.#options
    const { memoryBytes = Infinity, niceness } = limits
    const sandbox = new SandboxWatch({ process, role, memoryBytes, niceness, table })
    this.#sandboxes.set(process, sandbox)
    process.onUse = () => {
      this.#begun += 1
      this.#begunAt = performance.now()
      onHurry()
    }
    process.onTerminate = () => sandbox.release()
    void process.exited.then(() => this.#remove(process))
  }

  /** Watches the session's folder, in place of one that it had before. */
  watchFolder(folder: SessionFolder): void {
    const { diskBytes: bytes, diskEntries: entries } = this.#options.limits
    this.#folder = new WorkFolderWatch(folder.work, { bytes, entries })
  }

  /** As far as it was looked at; memory is rather too much than too little. */
  get usage(): SessionUsage {
    const { bytes = 0, entries = 0 } = this.#folder?.usage ?? {}
    const usage = { browserMemory: 0, kernelMemory: 0, processes: 0 }
    for (const { role, memoryBytes, processes } of this.#sandboxes.values()) {
      usage[role === 'browser' ? 'browserMemory' : 'kernelMemory'] += memoryBytes
      usage.processes += processes
    }
    return { ...usage, diskBytes: bytes, diskEntries: entries }
  }

  /** When it has to be looked at next; `performance.now()`. */
  get dueAt(): number {
    const pace = this.#pace
    // Most executions have ended before they would be looked at.
    const since = pace === 'busy' ? Math.max(this.#checkedAt, this.#begunAt) : this.#checkedAt
    return Math.min(since + intervals[pace], this.#checkedAt + intervals.idle)
  }

  /** Whether it may be looked at when something else has to be. */
  isDueInCompany(now: number): boolean {
    return now > this.#checkedAt + intervals[this.#pace] * company
  }

  /** The processes that it wants to be found. */
  get trees(): ProcessTree[] {
    return [...this.#sandboxes.values()].map(({ tree }) => tree)
  }

  /** Looks at everything, after the processes were found. */
  async check(): Promise<void> {
    try {
      await Promise.all([...this.#sandboxes.values()].map((sandbox) => sandbox.check()))
      await this.#checkFolder()
    } finally {
      this.#checkedAt = performance.now()
    }
  }

  /** Ends the watch, not what it watches. May be called again. */
  close(): void {
    this.#closed = true
    for (const process of this.#sandboxes.keys()) this.#remove(process)
    this.#options.onClose()
  }

  get #pace(): SandboxWatch['pace'] {
    const paces = new Set([...this.#sandboxes.values()].map(({ pace }) => pace))
    if (paces.has('urgent')) return 'urgent'
    return paces.has('busy') ? 'busy' : 'idle'
  }

  async #checkFolder(): Promise<void> {
    const running = [...this.#sandboxes.keys()].find((process) => process.inUse)
    const kernels = [...this.#sandboxes.values()].filter(({ role }) => role === 'kernel')
    const pids = kernels.flatMap(({ tree }) => [...tree.members.keys()])
    const writers: Writers = { running: running !== undefined, begun: this.#begun, pids }
    const verdict = await this.#folder?.check(writers)
    if (this.#closed || !verdict || verdict.action === 'none') return
    if (verdict.action === 'end session') this.onOverrun?.(verdict.overrun)
    else running?.end(verdict.overrun)
  }

  #remove(process: SupervisedProcess): void {
    this.#sandboxes.get(process)?.close()
    this.#sandboxes.delete(process)
    process.onUse = undefined
    process.onTerminate = undefined
  }
}
