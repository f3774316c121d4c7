import { NotFoundError } from './errors.ts'
import type { Execution } from './execution.ts'
import type {
  CallOptions,
  CreateOptions,
  EndedSession,
  ExecutionInput,
  ListOptions,
} from './options.ts'
import { run, stream, type ExecutionStream } from './run.ts'
import { Session } from './session.ts'
import type { Transport } from './transport.ts'
import type { CreateSessionResponse, GetSessionResponse, ListSessionsResponse } from './types.ts'

/** Sessions that stand on their own. */
export class Sessions {
  readonly #transport: Transport

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Starts a session. A repeat after a failure carries the same key, so that the server creates only one. */
  async create({
    signal,
    idempotencyKey = randomKey(),
    ...body
  }: CreateOptions = {}): Promise<Session> {
    const { data, requestId } = await this.#transport.json<CreateSessionResponse>(
      { method: 'POST', path: ['interact'], body, idempotencyKey, signal },
      'id',
    )
    return new Session(this, data, requestId)
  }

  /** One session, also after it ended. */
  async get(id: string, { signal }: CallOptions = {}): Promise<Session> {
    try {
      const { data, requestId } = await this.#transport.json<GetSessionResponse>(
        { method: 'GET', path: ['interact', id], signal },
        'id',
      )
      return new Session(this, data, requestId)
    } catch (error) {
      // Without the API's own sentence it is the endpoint that is missing, not the session.
      if (!NotFoundError.isInstance(error) || typeof error.body === 'object') throw error
      const session = (await this.list({ signal })).find((each) => each.id === id)
      if (!session) throw error
      return session
    }
  }

  /** All sessions of the API key's team, newest first, also those that ended. */
  async list({ status, signal }: ListOptions = {}): Promise<Session[]> {
    const { data, requestId } = await this.#transport.json<ListSessionsResponse>(
      { method: 'GET', path: ['interact'], query: status && `?status=${status}`, signal },
      'sessions',
    )
    return data.sessions.map((state) => new Session(this, state, requestId))
  }

  /** Ends a session. May be repeated. */
  delete(id: string, options?: CallOptions): Promise<EndedSession> {
    return this.#transport.end(['interact', id], options)
  }

  /** Runs code, or a task in words, in a session. Code that fails does not throw: see `ok` of the result. */
  execute(id: string, input: ExecutionInput): Promise<Execution> {
    return run(this.#transport, ['interact', id, 'execute'], input)
  }

  /** Runs code, or a task in words, and yields what happens while it does. */
  stream(id: string, input: ExecutionInput): ExecutionStream {
    return stream(this.#transport, ['interact', id, 'execute'], input)
  }
}

/** `crypto.randomUUID` is missing on pages that were not loaded over https. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}
