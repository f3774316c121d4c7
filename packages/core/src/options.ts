import type { ScrapeDocument, ScrapeRequest } from './scrape-types.ts'
import type { CreateSessionOptions, Language, SessionStatus } from './types.ts'

/** Options of a client. */
export interface TandemOptions {
  /**
   * Address of the server, without `/v2`. Default: `TANDEM_BASE_URL`, else
   * `FIRECRAWL_API_URL`, else `http://127.0.0.1:3210`.
   */
  baseUrl?: string | undefined
  /**
   * Sent as a bearer token; without one no `Authorization` header is sent.
   * Default: `TANDEM_API_KEY`, else `FIRECRAWL_API_KEY`.
   */
  apiKey?: string | undefined
  /** Used instead of the global `fetch`, which is looked up at each call. */
  fetch?: typeof globalThis.fetch | undefined
  /**
   * Milliseconds a call may take, retries included, on top of the time that
   * the server was given for the work itself (`timeout` of an execution or a
   * scrape). Default: 60000.
   */
  timeout?: number | undefined
  /** How often a call is repeated after a failure that allows it. Default: 2. */
  maxRetries?: number | undefined
  /** Answers larger than this are refused, in bytes. Default: 64 MiB. */
  maxResponseBytes?: number | undefined
  /** Sent with every request, for instance for a proxy in front of the server. */
  headers?: Readonly<Record<string, string>> | undefined
}

/** What every call takes. */
export interface CallOptions {
  /** Ends the call with an `AbortError` and closes its connection. */
  signal?: AbortSignal | undefined
}

/** Options of `sessions.create`. */
export interface CreateOptions extends CreateSessionOptions, CallOptions {
  /** Names the call for the server, so that a repeat creates nothing. Default: random. */
  idempotencyKey?: string
}

/** Options of `sessions.list`. */
export interface ListOptions extends CallOptions {
  /** Only sessions in this state. Default: all. */
  status?: SessionStatus
}

/** Options of `scrape`. */
export interface ScrapeOptions extends Omit<ScrapeRequest, 'url'>, CallOptions {
  /**
   * Names the call for the server. With one, a failed scrape may be repeated
   * like a read; without one it is repeated only if the server never saw it.
   */
  idempotencyKey?: string
}

/** A scraped page. */
export interface Scrape extends ScrapeDocument {
  /** `X-Request-Id` of the answer. */
  requestId?: string
}

/** What every execution takes. */
interface ExecutionCallOptions extends CallOptions {
  /**
   * Names the execution for the server, which then does it once and to its end, also when this
   * client leaves. With one, a call whose answer was lost is repeated, and gets the answer of the
   * first. Only for servers that honour it, as Tandem's does; the hosted service does not.
   */
  idempotencyKey?: string
}

/** Options of `session.prompt`. */
export interface PromptOptions extends ExecutionCallOptions {
  /** Seconds for each step of the agent, 1 to 300; the whole is not bounded by it. Default: 30. */
  timeout?: number
}

/** Options of `session.execute`. */
export interface ExecuteOptions extends ExecutionCallOptions {
  /** Default: `node`. */
  language?: Language
  /** Seconds after which the server kills the execution, 1 to 300. Default: 30. */
  timeout?: number
}

/** Code to run. */
export interface CodeInput extends ExecuteOptions {
  /** 1 to 100,000 bytes of UTF-8. */
  code: string
  prompt?: never
}

/** A task in words. */
export interface PromptInput extends PromptOptions {
  /** 1 to 10,000 characters. */
  prompt: string
  code?: never
}

/** Exactly one of code and prompt. */
export type ExecutionInput = CodeInput | PromptInput

/** Options of `interact`. The life of the session is read only by the call that creates it. */
export type InteractOptions = ExecutionInput & {
  /** Longest life of the session, in seconds, 30 to 3600. Default: 600. */
  ttl?: number
  /** The session ends after this many seconds without activity, 10 to 3600. Default: 300. */
  activityTtl?: number
  /** Name of the integration that calls. */
  integration?: string
}

/** What is known of a session that was ended by a call. */
export interface EndedSession {
  sessionDurationMs: number | undefined
  /** Undefined when the hosted service is asked a second time. */
  creditsBilled: number | undefined
  /** Why the session's profile was not saved although it was to be. */
  profileError: string | undefined
  /** `X-Request-Id` of the answer. */
  requestId: string | undefined
}
