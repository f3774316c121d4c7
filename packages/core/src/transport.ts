import { readText } from './body.ts'
import { resolveConnection, type Connection } from './connection.ts'
import { Deadline } from './deadline.ts'
import { BrowserServiceError, ConnectionError, TandemError, ValidationError } from './errors.ts'
import { parseEvents } from './events.ts'
import { answerFailure, connectionFailure, type Failure } from './failure.ts'
import type { CallOptions, EndedSession, TandemOptions } from './options.ts'
import { redact, redactField } from './redact.ts'
import { backoff } from './retry-timing.ts'
import type { DeleteSessionResponse, StreamEvents } from './types.ts'
import { version } from './version.ts'

/** One call of the API. */
export interface Call {
  method: 'GET' | 'POST' | 'DELETE'
  /** What comes after `/v2`. */
  path: string[]
  query?: string | undefined
  body?: object
  /** Makes a POST repeatable. */
  idempotencyKey?: string | undefined
  /** Milliseconds that the server may take for the work itself. */
  serverTime?: number
  signal?: AbortSignal | undefined
}

/** An answer's JSON with its request id. */
export interface Answer<T = object> {
  data: T
  requestId: string | undefined
}

/** Enough of a failed answer to say what it was; the rest is not read. */
const errorBytes = 65_536
const excerptLength = 300

/** Sends calls: address and key, deadlines, retries, errors. */
export class Transport {
  readonly #options: TandemOptions
  #resolved: Connection | undefined

  constructor(options: TandemOptions) {
    this.#options = options
  }

  /** Sends a call and reads its JSON, of which only one field is looked at: servers may add to it. */
  async json<T extends object>(call: Call, field: keyof T & string): Promise<Answer<T>> {
    const deadline = this.#deadline(call)
    try {
      const answer = await this.#send(call, deadline, 'application/json', (response) =>
        this.#read<T>(response, deadline),
      )
      if (answer.data[field]) return answer
      throw new BrowserServiceError(
        `The answer has no '${field}'. Is this an Interact API v2 server?`,
        { requestId: answer.requestId },
      )
    } finally {
      deadline.close()
    }
  }

  /** Ends a session. */
  async end(path: string[], { signal }: CallOptions = {}): Promise<EndedSession> {
    const { data, requestId } = await this.json<DeleteSessionResponse>(
      { method: 'DELETE', path, signal },
      'success',
    )
    const { sessionDurationMs, creditsBilled, profileError } = data
    return { sessionDurationMs, creditsBilled, profileError, requestId }
  }

  /**
   * Sends a call and yields the events of the answer. An answer that is not
   * streamed, because nobody asked or the server cannot, is the one event `json`.
   */
  async *events(
    call: Call,
    streaming: boolean,
  ): AsyncGenerator<Answer & { event: string }, void, undefined> {
    const deadline = this.#deadline(call)
    try {
      const accept = streaming ? 'text/event-stream' : 'application/json'
      const opened = await this.#send(call, deadline, accept, async (response) =>
        response.headers.get('content-type')?.startsWith('text/event-stream')
          ? response
          : this.#read(response, deadline),
      )
      if ('data' in opened) {
        yield { event: 'json', ...opened }
      } else {
        for await (const { event, data } of parseEvents(this.#text(opened, deadline))) {
          yield { event, ...this.#parse(data, opened) }
        }
      }
    } catch (reason) {
      throw this.#broken(reason, deadline).error
    } finally {
      deadline.close()
    }
  }

  /** The error that an event of a stream stands for. */
  eventError({ data, requestId }: Answer): TandemError {
    const { status = 500 } = data as Partial<StreamEvents['error']>
    return answerFailure(status, new Headers(), this.#redacted(JSON.stringify(data)), requestId)
      .error
  }

  #connection(): Connection {
    return (this.#resolved ??= resolveConnection(this.#options))
  }

  #deadline({ method, path, serverTime = 0, signal }: Call): Deadline {
    return new Deadline(
      serverTime + (this.#options.timeout ?? 60_000),
      `${method} ${path.join('/')}`,
      signal,
    )
  }

  async #send<T>(
    { method, path, query = '', body, idempotencyKey }: Call,
    deadline: Deadline,
    accept: string,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { signal } = deadline
    const { baseUrl, headers: common } = this.#connection()
    const url = `${baseUrl}/v2/${path.map(segment).join('/')}${query}`
    const headers = new Headers(common)
    headers.set('accept', accept)
    if (body) headers.set('content-type', 'application/json')
    if (idempotencyKey) headers.set('idempotency-key', idempotencyKey)
    // Followed, a redirect would turn a POST into a GET, or run code elsewhere.
    const init: RequestInit = { method, headers, signal, redirect: 'manual' }
    if (body) init.body = JSON.stringify({ origin: `tandem-js@${version}`, ...body })

    for (let attempt = 0; ; attempt++) {
      let failure: Failure
      try {
        signal.throwIfAborted()
        // Taken out of its object first: a browser's fetch refuses any other `this`.
        const fetch = this.#options.fetch ?? globalThis.fetch
        const opening = fetch(url, init)
        // A custom fetch may not listen to the signal; what it opens late is closed.
        opening.then((late) => (signal.aborted ? late.body?.cancel() : undefined)).catch(() => {})
        const response = await deadline.wait(opening)
        if (response.ok) return await read(response)
        failure = await this.#refused(response, deadline)
      } catch (reason) {
        failure = this.#broken(reason, deadline)
      }
      const { error, repeat } = failure
      const allowed =
        repeat === 'always' || (repeat === 'idempotent' && (method !== 'POST' || idempotencyKey))
      const pause = backoff(attempt, error.retryAfter)
      if (!allowed || attempt >= (this.#options.maxRetries ?? 2) || pause >= deadline.left)
        throw error
      await deadline.sleep(pause)
    }
  }

  #text(response: Response, deadline: Deadline): AsyncGenerator<string, void, undefined> {
    return readText(response, deadline, this.#options.maxResponseBytes ?? 67_108_864)
  }

  async #read<T extends object>(response: Response, deadline: Deadline): Promise<Answer<T>> {
    let text = ''
    for await (const piece of this.#text(response, deadline)) text += piece
    const answer = this.#parse<T>(text, response)
    // Failed code leaves output behind; without any the call itself failed.
    const { success, exitCode, stderr } = answer.data as Record<string, unknown>
    if (success !== false || (exitCode ?? stderr) !== undefined) return answer
    throw answerFailure(response.status, response.headers, this.#redacted(text)).error
  }

  #parse<T extends object>(text: string, { status, headers }: Response): Answer<T> {
    const requestId = headers.get('x-request-id') ?? undefined
    const data = tryParse(text)
    if (typeof data === 'object' && data) return { data: data as T, requestId }
    const body = this.#excerpt(text)
    throw new BrowserServiceError(
      `The server answered ${status} with ${body ? `no JSON object: ${body}` : 'an empty body.'}`,
      { status, requestId, body },
    )
  }

  async #refused(response: Response, deadline: Deadline): Promise<Failure> {
    const { status, headers } = response
    if (status < 400) {
      const to = this.#excerpt(headers.get('location') ?? 'elsewhere')
      const message = `The server redirects to ${to}. Set baseUrl to the final address.`
      return { error: new ConnectionError(message, { status }), repeat: 'never' }
    }
    let text = ''
    let cause: unknown
    try {
      for await (const piece of readText(response, deadline, errorBytes, true)) text += piece
    } catch (reason) {
      if (deadline.signal.aborted) throw reason
      // The status still says what happened.
      cause = this.#broken(reason, deadline).error
    }
    return answerFailure(status, headers, this.#redacted(text), undefined, cause)
  }

  #broken(reason: unknown, { signal }: Deadline): Failure {
    const error: unknown = signal.aborted ? signal.reason : reason
    return error instanceof TandemError
      ? { error, repeat: 'never' }
      : connectionFailure(error, this.#connection())
  }

  /** A failed answer's body: JSON as parsed, anything else as an excerpt. */
  #redacted(text: string): unknown {
    return tryParse(text, redactField(this.#connection().secrets)) ?? this.#excerpt(text)
  }

  /** Redacted before it is cut: half a key is no longer recognised as one. */
  #excerpt(text: string): string {
    const clean = redact(text.slice(0, errorBytes), this.#connection().secrets)
    return clean.replace(/\s+/g, ' ').trim().slice(0, excerptLength).toWellFormed()
  }
}

function tryParse(text: string, reviver?: (name: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(text, reviver)
  } catch {
    return undefined
  }
}

/** An id as a piece of a path. */
function segment(id: string): string {
  // A dot segment would be resolved away and reach another endpoint.
  if (/^\.{0,2}$/.test(id ?? '')) throw new ValidationError('The id is empty.')
  return encodeURIComponent(id)
}
