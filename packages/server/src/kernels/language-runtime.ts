import type { ExecutionOutput } from '@tandem-browser/core'
import { untilAborted } from '../until-aborted.ts'
import { type Hold, HeldTimer } from './held-timer.ts'
import type { Kernel, KernelExecution } from './kernel.ts'

/** What to run, and who wants to hear of it. */
export interface ExecutionRequest {
  code: string
  /** Number of the execution in its session. */
  sequence: number
  /** Milliseconds until it is killed. */
  timeout: number
  /** Kills it early: nobody waits for the answer any more. */
  signal?: AbortSignal | undefined
  /** Says when a person keeps it from going on; that time does not count toward the timeout. */
  hold?: Hold | undefined
  onStdout?: ((text: string) => void) | undefined
  onStderr?: ((text: string) => void) | undefined
}

/** Exit code of an execution that its timeout killed, as that of timeout(1). */
const timeoutExitCode = 124

/** Exit code of an execution that used too much: what a shell makes of SIGKILL. */
const overrunExitCode = 137

const stateLostNotice =
  'The kernel was restarted: variables and imports of earlier executions are gone.\n'

/**
 * Runs executions of one language in one session: keeps a warm kernel, kills
 * it when an execution does not end in time, and starts another.
 */
export class LanguageRuntime {
  readonly #startKernel: () => Promise<Kernel>
  #kernel: Kernel | undefined
  #starting: Promise<Kernel> | undefined
  /** Whether the kernel has run anything, so that there is something to lose. */
  #used = false
  #stateLost = false
  /** What the next execution is told of a kernel that was ended between two of them. */
  #whyLost = ''
  /** Settles when every kernel that was given up is gone. */
  #discarded: Promise<void> = Promise.resolve()
  #closed = false

  /** @param startKernel Starts a process; called again after one was lost. */
  constructor(startKernel: () => Promise<Kernel>) {
    this.#startKernel = startKernel
  }

  /** Starts a kernel ahead of the first execution. */
  async prepare(): Promise<void> {
    if (!this.#closed) await this.#untilReady(await this.#current())
  }

  /**
   * Runs code and gives what came of it; code that fails is an outcome, not an
   * error. One call at a time.
   *
   * @throws KernelStartError when no kernel can be had, the signal's reason
   *   when it was aborted.
   */
  async execute(request: ExecutionRequest): Promise<ExecutionOutput> {
    request.signal?.throwIfAborted()
    const kernel = await this.#current()
    await this.#untilReady(kernel, request.signal)
    request.signal?.throwIfAborted()
    const notice = this.#stateLost ? this.#whyLost + stateLostNotice : ''
    if (notice !== '') request.onStderr?.(notice)
    this.#stateLost = false
    this.#whyLost = ''

    this.#used = true
    const run = kernel.run(request)
    const end = await firstEnd(run, request)
    if (end !== 'ended' || !kernel.alive) {
      await Promise.race([this.#discard(kernel), kernel.abandoned])
    }
    if (end === 'aborted') throw request.signal?.reason
    // The run of a kernel that was ended has what it printed until then.
    const execution = await run
    if (end === 'killed') return timedOut(execution, request.timeout, notice)
    return execution.overrun
      ? killed(execution, execution.overrun.detail, overrunExitCode, notice)
      : toOutput(execution, notice)
  }

  /** Ends the kernel. May be called again. */
  async close(): Promise<void> {
    this.#closed = true
    const kernel = (await this.#starting?.catch(() => undefined)) ?? this.#kernel
    await Promise.all([kernel?.close(), this.#discarded])
  }

  /** The kernel that there is, or another when that has died between two executions. */
  async #current(): Promise<Kernel> {
    if (this.#kernel && !this.#kernel.alive) {
      const { overrun } = this.#kernel
      await this.#discard(this.#kernel)
      if (overrun)
        this.#whyLost = `The kernel was ended between two executions: ${overrun.detail}\n`
    }
    if (this.#kernel) return this.#kernel
    if (this.#closed) throw new Error('The session of this kernel has ended.')
    this.#starting ??= this.#startKernel().finally(() => (this.#starting = undefined))
    this.#kernel = await this.#starting
    return this.#kernel
  }

  /** A caller that gives up while the kernel starts leaves it for the next. */
  async #untilReady(kernel: Kernel, signal?: AbortSignal): Promise<void> {
    try {
      await untilAborted(kernel.ready, signal)
    } catch (error) {
      // It never will be: the next execution gets another.
      if (signal?.aborted !== true) await this.#discard(kernel)
      throw error
    }
  }

  /** Ends a kernel with everything that its code left behind. */
  #discard(kernel: Kernel): Promise<void> {
    if (this.#kernel === kernel) {
      this.#kernel = undefined
      this.#stateLost ||= this.#used
      this.#used = false
    }
    const closed = kernel.close()
    this.#discarded = Promise.all([this.#discarded, closed]).then(() => {})
    this.#discarded.catch(() => {})
    return closed
  }
}

/** What came first: the end of the run, its timeout, or that nobody waits for it any more. */
async function firstEnd(
  run: Promise<KernelExecution>,
  { signal, timeout, hold }: ExecutionRequest,
): Promise<'ended' | 'killed' | 'aborted'> {
  const { promise: interrupted, resolve } = Promise.withResolvers<'killed' | 'aborted'>()
  const timer = new HeldTimer(timeout, () => resolve('killed'), hold)
  const onAbort = (): void => resolve('aborted')
  signal?.addEventListener('abort', onAbort)
  try {
    return await Promise.race([run.then(() => 'ended' as const), interrupted])
  } finally {
    timer.stop()
    signal?.removeEventListener('abort', onAbort)
  }
}

function toOutput(execution: KernelExecution, notice: string): ExecutionOutput {
  const { stdout, value, thrown, exit } = execution
  const stderr = joinLines(notice + execution.stderr, thrown)
  const exitCode = thrown === undefined ? (execution.exitCode ?? exitCodeOf(exit)) : 1
  return {
    stdout,
    stderr,
    result: value ?? withoutLastNewline(stdout),
    exitCode,
    killed: false,
    ...(execution.truncated ? { truncated: true } : {}),
    ...(exitCode === 0 ? {} : { error: stderr.trim() || 'Execution failed' }),
  }
}

function timedOut(execution: KernelExecution, timeout: number, notice: string): ExecutionOutput {
  const why = `it ran longer than its timeout of ${timeout / 1000} s.`
  return killed(execution, why, timeoutExitCode, notice)
}

function killed(
  execution: KernelExecution,
  why: string,
  exitCode: number,
  notice: string,
): ExecutionOutput {
  const stderr = joinLines(notice + execution.stderr, `The execution was killed: ${why}`)
  return {
    stdout: execution.stdout,
    stderr,
    result: withoutLastNewline(execution.stdout),
    exitCode,
    killed: true,
    ...(execution.truncated ? { truncated: true } : {}),
    error: stderr.trim(),
  }
}

/** A kernel that ended during the execution was ended by the code. */
function exitCodeOf(exit: KernelExecution['exit']): number {
  if (!exit) return 0
  // As a shell says it: 128 and the number of the signal; 137 stands for SIGKILL.
  return exit.code ?? 137
}

function joinLines(text: string, last: string | undefined): string {
  if (last === undefined) return text
  return text === '' || text.endsWith('\n') ? text + last : `${text}\n${last}`
}

function withoutLastNewline(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text
}
