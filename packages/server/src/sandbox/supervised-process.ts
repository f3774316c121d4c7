import type { ChildProcess } from 'node:child_process'
import type { Server } from 'node:net'
import type { Duplex, Readable, Writable } from 'node:stream'
import type { ControlGroup } from './control-group.ts'
import type { Overrun } from './overrun.ts'
import { killMarkedProcesses, killQuietly } from './process-tree.ts'

/** How a process ended. */
export interface ProcessExit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A command could not be started at all. */
export class ProcessStartError extends Error {
  override name = 'ProcessStartError'
}

/** Milliseconds until a killed process tree must be gone. SIGKILL cannot be refused. */
const killDeadline = 15_000

/** What is known of a child that was just spawned. */
export interface SpawnedChild {
  child: ChildProcess
  /** In the environment of the child and of all its descendants. */
  mark: string
  /**
   * Process id of the first process of the child's own pid namespace: with it,
   * all others of the namespace end, and the child ends after them. Undefined
   * while there is none.
   */
  namespaceInit?: () => number | undefined
  /** That it and all its descendants are in. It is removed after their end. */
  group?: ControlGroup
  /** Settles when every loopback port of the process is open. */
  portsOpen?: Promise<Server[]>
}

/**
 * A child process with all its descendants. It leads a process group of its
 * own, and its environment carries a mark that its descendants inherit.
 */
export class SupervisedProcess {
  readonly pid: number
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when the process itself has ended, however that came. Never rejects. */
  readonly exited: Promise<ProcessExit>
  /** Called when a use of it begins. */
  onUse: (() => void) | undefined
  /** Called when it has been told to end. */
  onTerminate: (() => void) | undefined
  readonly #spawned: SpawnedChild
  #uses = 0
  #overrun: Overrun | undefined
  #exit: ProcessExit | undefined
  #killed: Promise<void> | undefined

  private constructor(spawned: SpawnedChild) {
    const { child } = spawned
    this.#spawned = spawned
    this.pid = child.pid as number
    this.stdout = child.stdout as Readable
    this.stderr = child.stderr as Readable
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal }
        resolve(this.#exit)
      })
    })
    // A pipe to a process that died reports the broken pipe on its own stream.
    for (const stream of child.stdio) stream?.on('error', () => {})
    spawned.portsOpen?.catch(() => {})
  }

  /**
   * Takes charge of a child that was spawned `detached` and with the mark in
   * its environment.
   *
   * @throws ProcessStartError
   */
  static adopt(spawned: SpawnedChild): SupervisedProcess {
    const { child } = spawned
    if (child.pid === undefined) {
      child.once('error', () => {})
      void spawned.group?.remove()
      throw new ProcessStartError(`The command ${child.spawnfile} could not be started.`)
    }
    return new SupervisedProcess(spawned)
  }

  /** The end of the process, once it has come. */
  get exit(): ProcessExit | undefined {
    return this.#exit
  }

  /**
   * Settles when its loopback ports are open.
   *
   * @throws ProcessStartError when they cannot be opened.
   */
  async portsOpen(): Promise<void> {
    await this.#spawned.portsOpen
  }

  /** The n-th duplex pipe after the standard streams, counted from 0. */
  extraPipe(index: number): Duplex & Readable & Writable {
    const stream = this.#spawned.child.stdio[3 + index]
    if (!stream) throw new Error(`The process has no extra pipe ${index}.`)
    return stream as Duplex
  }

  /** Process id of the first process of its pid namespace, if it has one and lives. */
  get namespaceInit(): number | undefined {
    return this.#exit ? undefined : this.#spawned.namespaceInit?.()
  }

  /** Whether it was ended because it used more than it may. */
  get overrun(): Overrun | undefined {
    return this.#overrun ?? this.group?.overrun
  }

  /** The control group that it is in. */
  get group(): ControlGroup | undefined {
    return this.#spawned.group
  }

  /** Whether it has ended, or was told to. */
  get isEnding(): boolean {
    return this.#exit !== undefined || this.#killed !== undefined || this.#overrun !== undefined
  }

  /** Whether it does something for somebody at the moment. */
  get inUse(): boolean {
    return this.#uses > 0
  }

  /** Counts as in use for as long as the task takes. */
  async use<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#uses += 1
    this.onUse?.()
    try {
      return await task()
    } finally {
      this.#uses -= 1
    }
  }

  /** Terminates it because it used more than it may. */
  end(overrun: Overrun): void {
    if (this.isEnding) return
    this.#overrun = overrun
    this.terminate()
  }

  /** Sends SIGKILL, and leaves the rest to `kill`. What it wrote can still be read. */
  terminate(): void {
    if (this.#exit) return
    this.group?.kill()
    killQuietly(this.#spawned.namespaceInit?.() ?? -this.pid)
    this.onTerminate?.()
  }

  /**
   * Ends the process and every descendant of it with SIGKILL. May be called
   * again, also after the process has ended by itself: descendants that
   * outlived it are ended too. Settles when none is left.
   */
  kill(): Promise<void> {
    this.#killed ??= this.#killTree()
    return this.#killed
  }

  async #killTree(): Promise<void> {
    const { child, mark, portsOpen } = this.#spawned
    const closePorts = portsOpen?.then(
      (servers) => servers.forEach((server) => server.close()),
      () => {},
    )
    // With its first process the kernel ends a namespace, and lets the one above go only then.
    const isNamespace = this.#spawned.namespaceInit?.() !== undefined
    // Without one, the group first: one call, and it cannot be outrun by a fork. When the leader is
    // gone, its number may be another's by now, and the mark finds the rest.
    this.terminate()
    await this.#gone()
    if (!isNamespace) await killMarkedProcesses((candidate) => candidate === mark, killDeadline)
    await this.group?.remove()
    for (const stream of child.stdio) stream?.destroy()
    await closePorts
  }

  async #gone(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`Process ${this.pid} did not die within ${killDeadline} ms of SIGKILL.`))
      }, killDeadline)
    })
    try {
      await Promise.race([this.exited, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
