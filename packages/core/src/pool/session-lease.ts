import { BrowserUrls } from '../browser-urls.ts'
import type { Execution } from '../execution.ts'
import type { ExecutionInput } from '../options.ts'
import type { ExecutionStream } from '../run.ts'
import { isGone, type SessionSource } from './session-source.ts'

/** What a pool tells of a session. Printing it shows no URL. */
export class PoolSession extends BrowserUrls {
  readonly id: string

  constructor({ id, urls }: SessionSource) {
    const { cdpUrl, liveViewUrl, interactiveLiveViewUrl } = urls
    super({ cdpUrl, liveViewUrl, interactiveLiveViewUrl })
    this.id = id
  }
}

/** The session of a key while work runs on it. Its calls carry the signal of that work. */
export class SessionLease extends PoolSession {
  /** Whether the session before it under this key was lost, and its page with it. */
  readonly replaced: boolean
  readonly #source: SessionSource
  readonly #signal: AbortSignal
  #gone: unknown

  constructor(source: SessionSource, signal: AbortSignal, replaced: boolean) {
    super(source)
    this.#source = source
    this.#signal = signal
    this.replaced = replaced
  }

  /** Whatever is to be known of this session as long as it lives. */
  get notes(): Map<string, unknown> {
    return this.#source.notes
  }

  /** The error that said that the session is gone. */
  get gone(): unknown {
    return this.#gone
  }

  /** Runs code or a task. Code that fails does not throw: see `ok` of the result. */
  async execute(input: ExecutionInput): Promise<Execution> {
    try {
      return await this.#source.execute(this.#bound(input))
    } catch (error) {
      throw this.#noted(error)
    }
  }

  /** Runs code or a task, and yields what happens while it does. */
  async *stream(input: ExecutionInput): ExecutionStream {
    try {
      yield* this.#source.stream(this.#bound(input))
    } catch (error) {
      throw this.#noted(error)
    }
  }

  #bound(input: ExecutionInput): ExecutionInput {
    const own = this.#signal
    return { ...input, signal: input.signal ? AbortSignal.any([input.signal, own]) : own }
  }

  #noted(error: unknown): unknown {
    if (isGone(error)) this.#gone = error
    return error
  }
}
