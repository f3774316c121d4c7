import type { ChildProcess } from 'node:child_process'
import type { Duplex, Readable, Writable } from 'node:stream'
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
const killDeadline = 5_000

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
  readonly #child: ChildProcess
  readonly #mark: string
  #exit: ProcessExit | undefined
  #killed: Promise<void> | undefined

  private constructor(child: ChildProcess, mark: string) {
    this.#child = child
    this.#mark = mark
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
  }

  /**
   * Takes charge of a child that was spawned `detached` and with the mark in
   * its environment.
   *
   * @throws ProcessStartError
   */
  static adopt(child: ChildProcess, mark: string): SupervisedProcess {
    if (child.pid === undefined) {
      child.once('error', () => {})
      throw new ProcessStartError(`The command ${child.spawnfile} could not be started.`)
    }
    return new SupervisedProcess(child, mark)
  }

  /** The end of the process, once it has come. */
  get exit(): ProcessExit | undefined {
    return this.#exit
  }

  /** The n-th duplex pipe after the standard streams, counted from 0. */
  extraPipe(index: number): Duplex & Readable & Writable {
    const stream = this.#child.stdio[3 + index]
    if (!stream) throw new Error(`The process has no extra pipe ${index}.`)
    return stream as Duplex
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
    // The group first: one call, and it cannot be outrun by a fork. When the leader is gone, its
    // number may be another's by now, and the mark finds the rest.
    if (!this.#exit) killQuietly(-this.pid)
    await this.exited
    await killMarkedProcesses((mark) => mark === this.#mark, killDeadline)
    for (const stream of this.#child.stdio) stream?.destroy()
  }
}
