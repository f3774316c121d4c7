import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Overrun, memoryOverrun } from './overrun.ts'

/** What a control group bounds. What its machine has no controller for is left out. */
export interface ControlGroupLimits {
  memoryBytes: number
  processes: number
  /** The part of the processors when they are all busy; 100 is what everybody else has. */
  processorWeight: number
  /** Whether all of its processes end when one has to for lack of memory. */
  endsTogether: boolean
}

/** Milliseconds until a group whose processes were ended must be empty. */
const removalDeadline = 5_000

/** A control group (cgroup v2) for one sandbox: it bounds what all of its processes use together. */
export class ControlGroup {
  readonly #folder: string
  readonly #limits: ControlGroupLimits
  readonly #controllers: ReadonlySet<string>
  #overrun: Overrun | undefined

  private constructor(
    folder: string,
    limits: ControlGroupLimits,
    controllers: ReadonlySet<string>,
  ) {
    this.#folder = folder
    this.#limits = limits
    this.#controllers = controllers
  }

  /**
   * Makes it.
   *
   * @param controllers What can be bounded in it.
   */
  static create(
    folder: string,
    limits: ControlGroupLimits,
    controllers: ReadonlySet<string>,
  ): ControlGroup {
    mkdirSync(folder)
    const group = new ControlGroup(folder, limits, controllers)
    const { memoryBytes, processes, processorWeight, endsTogether } = limits
    if (controllers.has('memory')) {
      group.#set('memory.max', memoryBytes)
      group.#set('memory.oom.group', endsTogether ? 1 : 0)
      // Only where the machine can count it.
      group.#trySet('memory.swap.max', 0)
    }
    if (controllers.has('pids')) group.#set('pids.max', processes)
    if (controllers.has('cpu')) group.#set('cpu.weight', processorWeight)
    return group
  }

  /** Whoever writes a 0 into this file joins it. */
  get joinFile(): string {
    return join(this.#folder, 'cgroup.procs')
  }

  bounds(controller: 'memory' | 'pids' | 'cpu'): boolean {
    return this.#controllers.has(controller)
  }

  /** Bytes of memory that are used now. */
  get memoryBytes(): number {
    return this.#number('memory.current')
  }

  /** Whether the system ended processes of it for lack of memory. */
  get overrun(): Overrun | undefined {
    if (!this.#overrun && this.#controllers.has('memory')) {
      const kills = /^oom_kill (\d+)$/m.exec(this.#read('memory.events'))?.[1] ?? '0'
      const { memoryBytes } = this.#limits
      // Older systems do not keep the peak, and it was at the limit anyway.
      const used = Math.max(memoryBytes, this.#number('memory.peak'))
      if (kills !== '0') this.#overrun = memoryOverrun(used, memoryBytes)
    }
    return this.#overrun
  }

  /** Ends every process of it at once. Nothing can be forked past that. Needs Linux 5.14. */
  kill(): void {
    this.#trySet('cgroup.kill', 1)
  }

  /**
   * Removes it. Its processes must have been ended.
   *
   * @throws Error when some are still there after five seconds.
   */
  async remove(): Promise<void> {
    // It says what happened for as long as it is there.
    void this.overrun
    await removeControlGroup(this.#folder)
  }

  #set(file: string, value: number): void {
    writeFileSync(join(this.#folder, file), String(value))
  }

  #trySet(file: string, value: number): void {
    try {
      this.#set(file, value)
    } catch {
      // An older system has no such file; or the group is gone.
    }
  }

  #read(file: string): string {
    try {
      return readFileSync(join(this.#folder, file), 'latin1')
    } catch {
      return ''
    }
  }

  #number(file: string): number {
    return Number(this.#read(file))
  }
}

/** @throws Error when there are processes in it after five seconds. */
export async function removeControlGroup(folder: string): Promise<void> {
  const until = performance.now() + removalDeadline
  for (;;) {
    try {
      await rmdir(folder)
      return
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return
      if (code !== 'EBUSY' || performance.now() > until) throw error
      await delay(5)
    }
  }
}
