import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { CdpMultiplexer } from '../cdp/multiplexer.ts'
import { PipeTransport } from '../cdp/pipe-transport.ts'
import type { Overrun } from '../sandbox/overrun.ts'
import type { SupervisedProcess } from '../sandbox/supervised-process.ts'
import type { BrowserLink } from './browser-link.ts'
import type { KernelContext } from './kernel-environment.ts'
import { OutputStream } from './output-stream.ts'
import { parseKernelMessage } from './kernel-message.ts'
import {
  type ConnectCommand,
  type ExecuteCommand,
  type KernelCommand,
  type KernelMessage,
  controlDescriptor,
  maximumMessageBytes,
} from './protocol.ts'
import type { SharedTab } from './shared-tab.ts'

/** A kernel did not start, or could not reach its page. */
export class KernelStartError extends Error {
  override name = 'KernelStartError'
}

/** A kernel could not start because a page of its session does not answer. */
export class PageUnresponsiveError extends KernelStartError {
  override name = 'PageUnresponsiveError'

  constructor() {
    super(
      'A page of the session does not answer: a script keeps it busy, or a dialog is open. ' +
        'Close that page over CDP and try again, or end the session.',
    )
  }
}

/** One run of code, as the kernel saw it. */
export interface KernelExecution {
  stdout: string
  stderr: string
  /** The value of the last expression; undefined when there was none. */
  value?: string
  /** What the code threw. */
  thrown?: string
  /** What the code ended with, when that was not 0. */
  exitCode?: number
  /** How the kernel's process ended, when the code ended it. */
  exit?: { code: number | null; signal: string | null }
  /** Why it was ended before the code had, when it used too much. */
  overrun?: Overrun
  truncated: boolean
}

export interface KernelRun {
  code: string
  sequence: number
  onStdout?: ((text: string) => void) | undefined
  onStderr?: ((text: string) => void) | undefined
}

export interface KernelOptions {
  /** Tells the process where the browser is, if it has to be told. */
  connect?: ConnectCommand
  /** Writes commands for a process that does not read JSON. */
  encode?: (command: KernelCommand) => string
}

/** Milliseconds that the output of a kernel which died is still read. */
const lastOutputDeadline = 200

/**
 * Milliseconds after which nobody waits any longer for the end of a kernel that was killed. Nothing
 * that its code began goes on by then; to clear hundreds of processes away takes its time.
 */
const killPatience = 1_000

/** Milliseconds in which a kernel that closed its control pipe may end by itself. */
const endGrace = 250

/** Milliseconds until a kernel must have its page. */
const startDeadline = 20_000

/**
 * The host's side of one kernel process: gives it its connection to the
 * browser, runs code in it, and ends it.
 */
export class Kernel {
  /** Settles when it takes executions; rejects with KernelStartError. */
  readonly ready: Promise<void>
  readonly #process: SupervisedProcess
  readonly #control: PipeTransport<object, KernelCommand>
  readonly #stdout: OutputStream
  readonly #stderr: OutputStream
  readonly #link: BrowserLink
  readonly #cdp: CdpMultiplexer
  readonly #tab: SharedTab
  #onMessage: ((message: KernelMessage) => void) | undefined
  #closed: Promise<void> | undefined
  readonly #abandoned = Promise.withResolvers<void>()

  /**
   * @param link How the process reaches the browser.
   * @param session Its browser, and the tab that its kernels share.
   */
  constructor(
    process: SupervisedProcess,
    link: BrowserLink,
    { cdp, tab }: Pick<KernelContext, 'cdp' | 'tab'>,
    { connect, encode }: KernelOptions = {},
  ) {
    this.#process = process
    this.#link = link
    this.#cdp = cdp
    this.#tab = tab
    const control = process.extraPipe(controlDescriptor - 3)
    this.#control = new PipeTransport(control, control, {
      incoming: maximumMessageBytes,
      ...(encode ? { encode } : {}),
    })
    this.#stdout = new OutputStream(process.stdout)
    this.#stderr = new OutputStream(process.stderr)
    // A kernel that broke the protocol, or let go of it, will never answer.
    this.#control.onClose = () => {
      // One that is ending by itself closes it, too, and its exit code is wanted.
      setTimeout(() => process.terminate(), endGrace).unref()
    }
    this.ready = this.#start(connect)
    // Whoever runs code waits for it; until then nobody may be listening.
    this.ready.catch(() => {})
  }

  /** Whether it can take another execution, with its connection to the browser. */
  get alive(): boolean {
    return !this.#closed && !this.#process.exit && !this.#link.lost
  }

  /** Whether it was ended because it used more than it may. */
  get overrun(): Overrun | undefined {
    return this.#process.overrun
  }

  /** Runs code. Settles when it has ended by itself or with its process. One at a time. */
  run(run: KernelRun): Promise<KernelExecution> {
    return this.#process.use(async () => {
      this.#link.setExecuting?.(true)
      try {
        return await this.#run(run)
      } finally {
        this.#link.setExecuting?.(false)
      }
    })
  }

  async #run({ code, sequence, onStdout, onStderr }: KernelRun): Promise<KernelExecution> {
    const fence = `\u001e${randomUUID()}\u001e`
    const outputs = Promise.all([
      this.#stdout.begin(fence, onStdout),
      this.#stderr.begin(fence, onStderr),
    ])
    const outcome = this.#nextMessage()
    const tab = this.#tab.enter(this)
    const command: ExecuteCommand = {
      type: 'execute',
      code,
      sequence,
      fence,
      pages: this.#cdp.pageCount,
      ...(tab === undefined ? {} : { tab }),
    }
    this.#control.send(command)
    const ended = Promise.race([this.#process.exited, this.abandoned]).then(() => undefined)
    const message = await Promise.race([outcome, ended])
    // A dead kernel writes no fence, and a child that it left may hold its output open.
    await (message ? outputs : Promise.race([outputs, delay(lastOutputDeadline)]))
    return this.#collect(message)
  }

  /**
   * Cuts the kernel off from the browser and ends its process tree. When this
   * has settled, nothing that its code began goes on. May be called again.
   */
  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  /** Settles when it was closed and nobody has to wait for that any longer. */
  get abandoned(): Promise<void> {
    return this.#abandoned.promise
  }

  async #end(): Promise<void> {
    const timer = setTimeout(() => this.#abandoned.resolve(), killPatience)
    const ends = [this.#link.cutOff('The kernel was ended.'), this.#process.kill()]
    try {
      await Promise.all(ends)
    } finally {
      clearTimeout(timer)
    }
  }

  async #start(connect: ConnectCommand | undefined): Promise<void> {
    const { promise: failure, reject } = Promise.withResolvers<never>()
    failure.catch(() => {})
    let over = false
    const deadline = setTimeout(() => {
      const late = new KernelStartError(`The kernel was not ready within ${startDeadline} ms.`)
      // It does not wait for pages that do not answer; one that fell silent since may be why.
      this.#cdp.findUnresponsive().then(
        (pages) => reject(pages.length > 0 ? new PageUnresponsiveError() : late),
        () => reject(late),
      )
    }, startDeadline)
    void this.#process.exited.then(() => {
      // Later, what it wrote is its execution's.
      if (over) return
      const { text } = this.#stderr.take()
      reject(
        new KernelStartError(`The kernel ended while it was starting. ${text.slice(0, 1_000)}`),
      )
    })
    const first = this.#nextMessage()
    this.#control.onMessage = (message) => this.#receive(message)
    try {
      await Promise.race([Promise.all([this.#link.ready, this.#process.portsOpen()]), failure])
      if (connect) this.#control.send(connect)
      const message = await Promise.race([first, failure])
      if (message.type !== 'ready') {
        throw new KernelStartError(
          message.type === 'failed' ? message.error : 'The kernel began with the wrong message.',
        )
      }
    } finally {
      over = true
      clearTimeout(deadline)
    }
  }

  #nextMessage(): Promise<KernelMessage> {
    return new Promise((resolve) => {
      this.#onMessage = resolve
    })
  }

  /** What comes out of a kernel is not trusted: what is no message of the protocol is ignored. */
  #receive(received: object): void {
    const message = parseKernelMessage(received)
    if (message) this.#onMessage?.(message)
  }

  #collect(message: KernelMessage | undefined): KernelExecution {
    const stdout = this.#stdout.take()
    const stderr = this.#stderr.take()
    const completed = message?.type === 'completed' ? message : undefined
    const thrown = message?.type === 'threw' ? message : undefined
    const tab = (completed ?? thrown)?.tab
    if (tab !== undefined) this.#tab.leave(tab)
    return {
      stdout: stdout.text,
      stderr: stderr.text,
      ...(completed?.value === undefined ? {} : { value: completed.value }),
      ...(thrown ? { thrown: thrown.error } : {}),
      ...(completed?.exitCode === undefined ? {} : { exitCode: completed.exitCode }),
      ...(this.#process.exit ? { exit: this.#process.exit } : {}),
      ...(!message && this.overrun ? { overrun: this.overrun } : {}),
      truncated: stdout.truncated || stderr.truncated || completed?.truncated === true,
    }
  }
}
