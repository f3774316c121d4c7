import type { EndReason, ExecutionOutput, Language } from '@tandem-browser/core'
import type { BrowserProcess } from '../browser/browser-process.ts'
import { EmulatedPages, type Emulation } from '../browser/emulation.ts'
import type { CdpClient, ClientSink } from '../cdp/client.ts'
import type { AdvertisingHosts } from '../egress/advertising-hosts.ts'
import type { EgressProblem } from '../egress/problem.ts'
import { CapabilityToken } from '../keys/capability-token.ts'
import { creditsFor } from './credits.ts'
import { ControlLock } from '../live/control-lock.ts'
import { LiveView } from '../live/live-view.ts'
import { Uploads } from '../live/uploads.ts'
import { Lifetime, type LifetimeLimits } from './lifetime.ts'
import { RefusalNotes } from './refusal-notes.ts'
import { SerialQueue } from './serial-queue.ts'
import { ExecutionLimitError, SessionEndedError, SessionReleaseError } from './session-error.ts'
import type { SessionParts } from './session-parts.ts'

/** Executions that a session holds at the most, running and waiting. */
const maximumExecutions = 100

/** What somebody asks for who wants a session. */
export interface SessionSpecification {
  /** The API key that it belongs to. */
  keyId: string
  limits: LifetimeLimits
  streamWebView: boolean
  /** The scrape that it continues, for a scrape-bound session. */
  scrapeId?: string
  /** What its browser starts from. */
  profile?: { name: string; saveChanges: boolean } | undefined
}

export interface SessionExecution {
  code: string
  language: Language
  /** Milliseconds. */
  timeout: number
  signal?: AbortSignal | undefined
  onStdout?: ((text: string) => void) | undefined
  onStderr?: ((text: string) => void) | undefined
}

/** What came of an execution: `ended` is one that its session or its client did not outlive. */
export type ExecutionOutcome = 'succeeded' | 'failed' | 'killed' | 'ended'

/** How a session ended. */
export interface SessionEnd {
  reason: EndReason
  /** Milliseconds from its start to its end. */
  duration: number
  /** What it costs. */
  credits: number
  /** Why its profile was not saved although it was to be; a sentence. */
  profileError?: string | undefined
}

/** Ends after which the browser is in order, and what it holds may be kept. */
const orderlyEnds = new Set<EndReason>(['released', 'ttl', 'idle', 'server_shutdown'])

/**
 * One browser with everything around it, from its start to its end. Whatever
 * ends it goes through `destroy`, which frees all that it held.
 */
export class Session {
  readonly id: string
  readonly keyId: string
  /** The scrape that it continues. A standalone session may be given to one later. */
  scrapeId: string | undefined
  readonly streamWebView: boolean
  readonly limits: LifetimeLimits
  /** Whether a prompt was used in it: then all of it costs more. */
  prompted = false
  /** Milliseconds since 1970. */
  readonly createdAt = Date.now()
  readonly cdpToken = new CapabilityToken()
  /** Opens the live view, to look only. */
  readonly viewToken = new CapabilityToken()
  /** Opens the live view with a hand on the page. */
  readonly interactToken = new CapabilityToken()
  /** Who drives: agents, or a person alone. */
  readonly control = new ControlLock()
  readonly live: LiveView
  /** Files that people bring. */
  readonly uploads: Uploads
  readonly lifetime: Lifetime
  /** Called once, before anything is torn down: from then on nobody may find it. */
  onClosing: ((reason: EndReason, ended: Promise<SessionEnd>) => void) | undefined
  /** Called when its profile was not saved although it was to be. */
  onProfileLost: ((error: unknown) => void) | undefined
  /** Called after each execution. */
  onExecuted: ((language: Language, outcome: ExecutionOutcome, ms: number) => void) | undefined
  readonly #parts: SessionParts
  readonly #executions = new SerialQueue()
  readonly #ending = new AbortController()
  #sequence = 0
  #destroyed: Promise<SessionEnd> | undefined

  /** @param parts What it is made of. From here on the session ends all of it. */
  constructor(parts: SessionParts, specification: SessionSpecification) {
    this.id = parts.id
    this.keyId = specification.keyId
    this.scrapeId = specification.scrapeId
    this.streamWebView = specification.streamWebView
    this.limits = specification.limits
    this.#parts = parts
    this.lifetime = new Lifetime(specification.limits, (reason) => this.#destroyQuietly(reason))
    parts.browser.cdp.onActivity = () => this.lifetime.touch()
    this.uploads = new Uploads(parts.folder.work)
    this.live = new LiveView({
      cdp: parts.browser.cdp,
      control: this.control,
      onInput: () => this.lifetime.touch(),
      pathOf: (name) => this.uploads.pathOf(name),
    })
    const lost = (): void =>
      this.#destroyQuietly(parts.browser.overrun ? 'out_of_memory' : 'crashed')
    void parts.browser.exited.then(lost)
    // A browser that runs but cannot be reached any more is lost as well.
    parts.browser.cdp.onClose = lost
    parts.watch.onOverrun = () => this.#destroyQuietly('out_of_disk')
  }

  /** Whether it is on its way out, or ended. */
  get ending(): boolean {
    return this.#destroyed !== undefined
  }

  /** Executions that run or wait. */
  get executionCount(): number {
    return this.#executions.length
  }

  /** DevTools clients that are connected at the moment, kernels among them. */
  get clientCount(): number {
    return this.#parts.browser.cdp.clientCount
  }

  /** Starts the kernel that the first execution will probably want. */
  async prepare(): Promise<void> {
    if (!this.#destroyed) await this.#parts.runtimes.node.prepare()
  }

  /**
   * Has its pages see another device, place or language, from now on. To be
   * called before anybody drives them.
   *
   * @throws when the browser refuses it, or does not answer
   */
  async emulate(emulation: Emulation): Promise<void> {
    this.#ending.signal.throwIfAborted()
    await EmulatedPages.emulate(this.#parts.browser.cdp, emulation)
  }

  /** Ends the kernels that may be there already: nobody runs code in this session. */
  async runNoCode(): Promise<void> {
    await this.#parts.closeKernels()
  }

  /**
   * Runs code. Executions of a session run in the order of their arrival;
   * waiting counts toward nobody's timeout.
   *
   * @throws ExecutionLimitError when too many wait already, SessionEndedError when the session ends before the execution does,
   *   the signal's reason when it is aborted.
   */
  async execute(execution: SessionExecution): Promise<ExecutionOutput> {
    if (this.#executions.length >= maximumExecutions) {
      throw new ExecutionLimitError(maximumExecutions)
    }
    this.control.checkRefusal()
    const signals = [this.#ending.signal, ...(execution.signal ? [execution.signal] : [])]
    const signal = AbortSignal.any(signals)
    const run = async (): Promise<ExecutionOutput> => {
      // As long as a person has the browser, waiting counts toward nobody's timeout.
      await this.control.pass(signal)
      this.#sequence += 1
      const runtime = this.#parts.runtimes[execution.language]
      const notes = new RefusalNotes(this.#parts.egress)
      try {
        const output = await runtime.execute({
          ...execution,
          sequence: this.#sequence,
          signal,
          hold: this.control,
        })
        return notes.addTo(output, execution.onStderr)
      } finally {
        notes.end()
      }
    }
    const since = performance.now()
    let outcome: ExecutionOutcome = 'ended'
    try {
      const output = await this.lifetime.use(() => this.#executions.run(run, signal))
      outcome = outcomeOf(output)
      return output
    } catch (error) {
      this.#ending.signal.throwIfAborted()
      throw error
    } finally {
      this.onExecuted?.(execution.language, outcome, performance.now() - since)
    }
  }

  /** Lets a CDP client in; with a target's id it gets that page only. */
  async connect(sink: ClientSink, targetId?: string): Promise<CdpClient> {
    this.#ending.signal.throwIfAborted()
    return this.#parts.browser.cdp.connect(sink, targetId)
  }

  /** Why the last attempt to reach a target such as `example.com:443` from here failed. */
  readonly explainTarget = (target: string): EgressProblem | undefined =>
    this.#parts.egress.problemOf(target)

  get browser(): BrowserProcess {
    return this.#parts.browser
  }

  /** Keeps the pages from hosts of advertising, but for those of whoever runs that address. */
  blockAdvertising(hosts: AdvertisingHosts, address: string): void {
    this.#parts.egress.blockAdvertising(hosts, address)
  }

  /**
   * Ends the session and nothing of what it is made of, with which the caller may go on.
   *
   * @returns undefined when it has ended already
   */
  handOver(): SessionParts | undefined {
    if (this.#destroyed) return undefined
    const duration = Date.now() - this.createdAt
    const end = { reason: 'released' as const, duration, credits: 0 }
    this.#destroyed = Promise.resolve(end)
    this.onClosing?.(end.reason, this.#destroyed)
    this.lifetime.stop()
    this.#ending.abort(new SessionEndedError(end.reason))
    this.live.close(end.reason)
    const { cdp } = this.#parts.browser
    cdp.onActivity = undefined
    cdp.onClose = undefined
    return this.#parts
  }

  /**
   * Ends the session and everything that belongs to it. The one way to its
   * end; called again, it gives the end that it already came to.
   */
  destroy(reason: EndReason): Promise<SessionEnd> {
    if (!this.#destroyed) {
      const { promise, resolve } = Promise.withResolvers<SessionEnd>()
      this.#destroyed = promise
      this.onClosing?.(reason, promise)
      resolve(this.#tearDown(reason))
    }
    return this.#destroyed
  }

  /**
   * Ends what is left of it, if anything is.
   *
   * @throws SessionReleaseError when something still is
   */
  async removeRest(): Promise<void> {
    try {
      await this.#parts.close()
    } catch (error) {
      throw new SessionReleaseError(error)
    }
  }

  async #tearDown(reason: EndReason): Promise<SessionEnd> {
    const duration = Date.now() - this.createdAt
    this.lifetime.stop()
    this.#ending.abort(new SessionEndedError(reason))
    // From here on its end is no crash.
    this.#parts.browser.cdp.onClose = undefined
    this.live.close(reason)
    const profileError = orderlyEnds.has(reason) ? await this.#saveProfile() : undefined
    await this.removeRest()
    return {
      reason,
      duration,
      credits: creditsFor(duration, this.prompted),
      ...(profileError ? { profileError: profileError.message } : {}),
    }
  }

  async #saveProfile(): Promise<Error | undefined> {
    try {
      await this.#parts.saveProfile()
      return undefined
    } catch (error) {
      this.onProfileLost?.(error)
      return error as Error
    }
  }

  /** For ends that nobody waits for; the registry hears of a failure as well. */
  #destroyQuietly(reason: EndReason): void {
    this.destroy(reason).catch(() => {})
  }
}

function outcomeOf({ killed, exitCode }: ExecutionOutput): ExecutionOutcome {
  if (killed) return 'killed'
  return exitCode === 0 ? 'succeeded' : 'failed'
}
