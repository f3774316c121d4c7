import { BrowserUrls } from './browser-urls.ts'
import { setDefined } from './defined.ts'
import { NotFoundError, SessionDestroyedError } from './errors.ts'
import type { Execution } from './execution.ts'
import type {
  CallOptions,
  EndedSession,
  ExecuteOptions,
  ExecutionInput,
  PromptOptions,
} from './options.ts'
import type { ExecutionStream } from './run.ts'
import type { Sessions } from './sessions.ts'
import type { EndReason, SessionStatus, SessionSummary } from './types.ts'

/** A live browser session. Printing it shows neither the API key nor the URLs. */
export class Session extends BrowserUrls {
  readonly #sessions: Sessions
  declare readonly id: string
  /** As of the call that returned this object. */
  declare readonly status: SessionStatus
  /** When it ends at the latest, ISO 8601, if the server says so. */
  declare readonly expiresAt?: string
  /** ISO 8601. Not known of a session just created. */
  declare readonly createdAt?: string
  /** ISO 8601. Not known of a session just created. */
  declare readonly lastActivity?: string
  /** Only of a session that ended. */
  declare readonly endReason?: EndReason
  /** `X-Request-Id` of the answer that this object was made from. */
  declare readonly requestId?: string

  /** @internal */
  constructor(
    sessions: Sessions,
    state: Partial<SessionSummary> & { id: string },
    requestId: string | undefined,
  ) {
    super(state)
    const { id, status = 'active', expiresAt, createdAt, lastActivity, endReason } = state
    this.#sessions = sessions
    setDefined(this, { id, status, expiresAt, createdAt, lastActivity, endReason, requestId })
  }

  /** Runs code. Code that fails does not throw: see `ok` of the result. */
  execute(code: string, options?: ExecuteOptions): Promise<Execution> {
    return this.#sessions.execute(this.id, { ...options, code })
  }

  /** Gives the server's agent a task in words. */
  prompt(prompt: string, options?: PromptOptions): Promise<Execution> {
    return this.#sessions.execute(this.id, { ...options, prompt })
  }

  /** Runs code, or with `{ prompt }` a task, and yields what happens while it does. */
  stream(input: string | ExecutionInput, options?: ExecuteOptions): ExecutionStream {
    return this.#sessions.stream(this.id, {
      ...options,
      ...(typeof input === 'string' ? { code: input } : input),
    })
  }

  /** Ends the session. May be repeated. */
  delete(options?: CallOptions): Promise<EndedSession> {
    return this.#sessions.delete(this.id, options)
  }

  /** Ends the session at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.delete()
    } catch (error) {
      // Gone already, which is all that is wanted.
      if (!NotFoundError.isInstance(error) && !SessionDestroyedError.isInstance(error)) throw error
    }
  }
}
