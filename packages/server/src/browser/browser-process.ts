import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { BrowserGoneError } from '../cdp/command-error.ts'
import { CdpMultiplexer } from '../cdp/multiplexer.ts'
import { PipeTransport } from '../cdp/pipe-transport.ts'
import type { Isolation, ProcessLimits } from '../sandbox/isolation.ts'
import type { Overrun } from '../sandbox/overrun.ts'
import type { SessionFolder } from '../sandbox/session-folder.ts'
import type { SupervisedProcess } from '../sandbox/supervised-process.ts'
import { untilAborted } from '../until-aborted.ts'
import { placeEngine } from './engine-placement.ts'
import type { Engine } from './engine.ts'
import {
  type InitialState,
  InitialStateError,
  StateLostError,
  sendState,
  withStateArchive,
} from './state-archive.ts'
import { languageVariables, launchArguments } from './launch-arguments.ts'
import { probePage } from './probe-page.ts'

/** A browser did not start, or started and could not be used. */
export class BrowserLaunchError extends Error {
  override name = 'BrowserLaunchError'
  /** Whether it ended by itself, so that another may fare better. */
  readonly exited: boolean

  constructor(message: string, exited: boolean) {
    super(message)
    this.exited = exited
  }
}

export interface BrowserLaunchOptions {
  engine: Engine
  isolation: Isolation
  /** Whether Chromium builds its own sandbox. */
  chromiumSandbox: boolean
  folder: SessionFolder
  /** Takes the browser's connections to its proxy, its only way out. */
  onEgress: (socket: Socket) => void
  /** Milliseconds until a page of the browser must have answered. Default: 15000. */
  deadline?: number
  /** Has the browser start from a state, and give its own in the end. */
  state?: InitialState | undefined
  /** Gives the launch up. */
  signal?: AbortSignal | undefined
}

/** Answer of `Browser.getVersion`. */
export interface BrowserVersion {
  protocolVersion: string
  product: string
  revision: string
  userAgent: string
  jsVersion: string
}

/**
 * Bytes of the largest command. Chromium closes its pipe, and with it itself,
 * when one does not fit its buffer of 100 MB (devtools_pipe_handler.cc).
 */
const maximumCommandBytes = 96 * 1024 * 1024

/** The port of the proxy on the browser's own loopback, where it can be chosen. */
const proxyPort = 3128

/** What a browser may use, with all of its processes. */
export const browserLimits: ProcessLimits = {
  processes: 2_048,
  openFiles: 16_384,
  fileBytes: 1024 ** 3,
  // Profile and caches are in it.
  temporaryBytes: 512 * 1024 * 1024,
  niceness: 0,
}

/** Milliseconds in which a browser that is told to close must say that it will. */
const closeDeadline = 5_000

/** Milliseconds in which a browser that failed may end by itself. */
const exitGrace = 50

/** One Chromium, driven over a pipe. It is used for one session and never again. */
export class BrowserProcess {
  readonly version: BrowserVersion
  readonly cdp: CdpMultiplexer
  readonly #process: SupervisedProcess

  private constructor(process: SupervisedProcess, cdp: CdpMultiplexer, version: BrowserVersion) {
    this.#process = process
    this.cdp = cdp
    this.version = version
  }

  /**
   * Starts a browser and gives it once a page of it has answered: a browser
   * that merely runs is not ready.
   *
   * @throws BrowserLaunchError with the last lines that the browser wrote, the
   *   signal's reason when it was given up, or what reading its state throws.
   */
  static async launch(options: BrowserLaunchOptions): Promise<BrowserProcess> {
    const { isolation, folder, signal } = options
    const engine = await placeEngine(options.engine, isolation).catch((error: unknown) => {
      throw new BrowserLaunchError(`The browser did not start: ${String(error)}.`, false)
    })
    const temporary = await folder.temporary('browser')
    const proxy = await isolation.openPort(proxyPort, options.onEgress)
    if (signal?.aborted === true) {
      proxy.close()
      throw signal.reason
    }
    const { state } = options
    const userDataDirectory = `${temporary}/profile`
    const commandLine = {
      command: engine.command,
      arguments: launchArguments({
        kind: options.engine.kind,
        userDataDirectory,
        sandbox: options.chromiumSandbox,
        proxyServer: `http://127.0.0.1:${proxy.port}`,
      }),
    }
    const child = isolation.spawn({
      role: 'browser',
      sessionId: folder.sessionId,
      ...(state ? withStateArchive(commandLine, userDataDirectory, state) : commandLine),
      environment: {
        HOME: temporary,
        TMPDIR: temporary,
        ...languageVariables,
        ...engine.environment,
      },
      workingDirectory: folder.work.inside,
      readable: engine.mounts,
      writable: [folder.work],
      extraPipes: state ? 3 : 2,
      ports: [proxy],
      limits: browserLimits,
    })
    const log = new LogTail(child)
    // Chromium reads commands from descriptor 3 and writes answers to descriptor 4.
    const cdp = new CdpMultiplexer(
      new PipeTransport(child.extraPipe(1), child.extraPipe(0), { outgoing: maximumCommandBytes }),
      { work: folder.work },
    )
    const exit = child.exited.then(() => {
      cdp.close()
      throw new Error('it exited at once')
    })
    exit.catch(() => {})
    try {
      const ready = makeReady(cdp, options.deadline ?? 15_000)
      const restored = state && sendState(child.extraPipe(2), state)
      const opened = Promise.all([ready, child.portsOpen(), restored])
      const [version] = await untilAborted(Promise.race([opened, exit]), signal)
      return new BrowserProcess(child, cdp, version)
    } catch (error) {
      // Its pipe may close a moment before it has ended.
      await Promise.race([child.exited, delay(exitGrace)])
      const exitedByItself = child.exit !== undefined
      cdp.close()
      await child.kill()
      signal?.throwIfAborted()
      if (error instanceof InitialStateError) throw error.cause
      const why = error instanceof Error ? error.message : String(error)
      const message = `The browser did not start: ${why}.${log.excerpt()}`
      throw new BrowserLaunchError(message, exitedByItself)
    }
  }

  /** Settles when the browser process has ended, for whatever reason. */
  get exited(): Promise<unknown> {
    return this.#process.exited
  }

  /** Whether it was ended because it used more than it may. */
  get overrun(): Overrun | undefined {
    return this.#process.overrun
  }

  get pid(): number {
    return this.#process.pid
  }

  /**
   * Closes a browser that was launched with a state, and gives the archive of
   * what it is then. Only when that ends without an error is it whole.
   *
   * @param signal Ends the browser at once.
   * @throws StateLostError
   */
  async *takeState(signal: AbortSignal): AsyncGenerator<Buffer> {
    const giveUp = (): void => this.#process.terminate()
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      await this.cdp.command('Browser.close', {}, { deadline: closeDeadline })
    } catch (cause) {
      // It may be gone before it has answered.
      if (!(cause instanceof BrowserGoneError)) {
        throw new StateLostError('the browser does not answer', { cause })
      }
    }
    try {
      yield* this.#process.extraPipe(2) as AsyncIterable<Buffer>
      const { code } = await this.#process.exited
      if (code !== 0) throw new StateLostError('the browser did not end well')
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** Ends the browser with everything that it started. May be called again. */
  async close(): Promise<void> {
    this.cdp.close()
    await this.#process.kill()
  }
}

async function makeReady(cdp: CdpMultiplexer, deadline: number): Promise<BrowserVersion> {
  const until = performance.now() + deadline
  const version = await cdp.command<BrowserVersion>('Browser.getVersion', {}, { deadline })
  await probePage(cdp, until - performance.now())
  return version
}

/** The last lines that a process wrote to its standard streams, for error messages. */
class LogTail {
  #text = ''

  constructor(process: SupervisedProcess) {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#text = (this.#text + chunk.toString('utf8')).slice(-2_000)
      })
    }
  }

  excerpt(): string {
    const lines = this.#text.trim().split('\n').slice(-5).join('\n')
    return lines === '' ? '' : ` It wrote:\n${lines}`
  }
}
