import type { Execution } from '../execution.ts'
import type { CallOptions, CreateOptions, ExecutionInput, ScrapeOptions } from '../options.ts'
import type { ExecutionStream } from '../run.ts'
import type { Tandem } from '../tandem.ts'

/** Options of a pool. */
export interface SessionPoolOptions {
  /** The client. Default: one that is configured by the environment. */
  tandem?: Tandem | undefined
  /**
   * `standalone` (default): `POST /v2/interact`. `scrape`: every session continues a scrape of the
   * first page that is opened in it, which is how the hosted service runs prompts.
   */
  kind?: 'standalone' | 'scrape' | undefined
  /** How standalone sessions are made. */
  session?: Omit<CreateOptions, 'signal' | 'idempotencyKey'> | undefined
  /** How pages are scraped for scrape-bound sessions. */
  scrape?: Omit<ScrapeOptions, 'signal' | 'idempotencyKey'> | undefined
  /** Sessions at once; beyond it the one that was unused for longest is ended. Default: 100. */
  maxSessions?: number | undefined
}

/** A session of a pool. Printing it shows no URL. */
export interface PooledSession {
  /** Unknown of a scrape-bound session that has not answered yet. */
  readonly id: string | undefined
  /** Whether the session before it under this key was lost, and its page with it. */
  readonly replaced: boolean
  readonly cdpUrl: string
  readonly liveViewUrl: string
  readonly interactiveLiveViewUrl: string
  execute(input: ExecutionInput): Promise<Execution>
  stream(input: ExecutionInput): ExecutionStream
}

/** Options of `run`. */
export interface RunOptions extends CallOptions {
  /** Where a scrape-bound session starts, if one has to be made. */
  startUrl?: string | undefined
}

/** Sessions by key. */
export interface SessionPool extends AsyncDisposable {
  /**
   * Runs work on the session of a key, alone and in the order of the calls. The session is made when
   * there is none. When it turns out to be gone (404, 410), one other is made, and the work is called
   * again with it, once: see `replaced`.
   */
  run<Result>(
    key: string,
    work: (session: PooledSession) => Promise<Result>,
    options?: RunOptions,
  ): Promise<Result>
  /** The session of a key, if there is one now. */
  get(key: string): PooledSession | undefined
  /** Uses a session that is there already. The pool does not end it. */
  adopt(key: string, sessionId: string): void
  /** Ends the session of a key, after the work that waits for it. */
  release(key: string, options?: CallOptions): Promise<void>
  /** Aborts what runs, ends all sessions that the pool made, and throws what failed in doing so. */
  close(options?: { timeout?: number }): Promise<void>
}
