import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ProgramReply, ProgramRequest } from './measured-program.ts'

/** Bytes that a process uses after its garbage was collected. */
export interface MeasuredMemory {
  heapUsed: number
  /** What of it is code that V8 has compiled, with what belongs to that. It grows as more is used often. */
  compiledCode: number
  /** Buffers outside the JavaScript heap. */
  external: number
  /** All of it, as the operating system sees it. */
  rss: number
}

/** Milliseconds until a command must be answered. */
const commandDeadline = 60_000

/** Milliseconds in which a program must have freed everything. */
const closeDeadline = 20_000

/** A Node process of our own, apart from the one that measures it. */
export class MeasuredProcess {
  readonly pid: number
  readonly #child: ChildProcess
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #exited: Promise<unknown>
  #lastId = 0
  #errors = ''

  /**
   * @param program File that calls `serveMeasurements`.
   * @param environment Added to the environment of this process.
   */
  constructor(program: URL, environment: Record<string, string>) {
    this.#child = fork(fileURLToPath(program), [], {
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
      env: { ...process.env, ...environment },
      // Its log goes where it costs what writing costs and nothing more.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.pid = this.#child.pid ?? 0
    this.#exited = once(this.#child, 'exit').catch((error: unknown) => error)
    void this.#exited.then(() => this.#fail())
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString('utf8')).slice(-2_000)
    })
    this.#child.on('message', ({ id, result, error }: ProgramReply) => {
      const pending = this.#pending.get(id)
      this.#pending.delete(id)
      if (error === undefined) pending?.resolve(result)
      else pending?.reject(new Error(error))
    })
  }

  /** @throws Error when the program refuses, ends, or does not answer in time. */
  async request<Result>(command: string, parameters?: unknown): Promise<Result> {
    const id = (this.#lastId += 1)
    const pending = Promise.withResolvers<unknown>()
    this.#pending.set(id, pending)
    const timer = setTimeout(() => {
      this.#pending.delete(id)
      pending.reject(new Error(`No answer to ${command} within ${commandDeadline} ms.`))
    }, commandDeadline)
    try {
      const request: ProgramRequest = { id, command, parameters }
      this.#child.send(request, (error) => {
        if (error) this.#fail()
      })
      return (await pending.promise) as Result
    } finally {
      clearTimeout(timer)
    }
  }

  memory(): Promise<MeasuredMemory> {
    return this.request('memory')
  }

  /** What keeps its event loop alive, by kind, such as `{ Timeout: 2 }`. */
  resources(): Promise<Record<string, number>> {
    return this.request('resources')
  }

  /** Lets the program free everything, and waits until it has ended. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), closeDeadline)
    await this.#exited
    clearTimeout(timer)
  }

  #fail(): void {
    const text = this.#errors.trim()
    const error = new Error(
      `The measured process ended.${text === '' ? '' : ` It wrote:\n${text}`}`,
    )
    for (const pending of this.#pending.values()) pending.reject(error)
    this.#pending.clear()
  }
}
