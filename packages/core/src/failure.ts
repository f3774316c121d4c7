import type { Connection } from './connection.ts'
import {
  AuthenticationError,
  BrowserServiceError,
  ConcurrencyLimitError,
  ConflictError,
  ConnectionError,
  ForbiddenError,
  InsufficientCreditsError,
  NotConfiguredError,
  NotFoundError,
  ProfileLockedError,
  RateLimitError,
  ReplayUnavailableError,
  SessionDestroyedError,
  type TandemError,
  TimeoutError,
  ValidationError,
} from './errors.ts'
import { redactCause } from './redact.ts'
import { retryAfter } from './retry-timing.ts'

/**
 * A failed try, and whether it may be made again: `always` when the server
 * cannot have begun the work, `idempotent` when it may have, so that only a
 * call which does no harm twice is repeated.
 */
export interface Failure {
  error: TandemError
  repeat: 'always' | 'idempotent' | 'never'
}

type ErrorClass = new (...parameters: ConstructorParameters<typeof TandemError>) => TandemError

const classes: Record<number, ErrorClass> = {
  401: AuthenticationError,
  402: InsufficientCreditsError,
  403: ForbiddenError,
  404: NotFoundError,
  408: TimeoutError,
  410: SessionDestroyedError,
  501: NotConfiguredError,
}

/**
 * Maps an answer by status, and where one status has several meanings, by its
 * text. `body` is redacted already: JSON as parsed, or an excerpt.
 */
export function answerFailure(
  status: number,
  headers: Headers,
  body: unknown,
  requestId: string | undefined = headers.get('x-request-id') ?? undefined,
  cause?: unknown,
): Failure {
  const envelope = typeof body === 'object' && body !== null
  const { error, reason } = (envelope ? body : {}) as Partial<Record<string, unknown>>
  const text = typeof error === 'string' ? error : ''
  const wait = retryAfter(headers, body)

  let type =
    classes[status] ?? (status < 400 || status > 499 ? BrowserServiceError : ValidationError)
  let repeat: Failure['repeat'] = [500, 502, 504].includes(status) ? 'idempotent' : 'never'
  if (status === 409) {
    type = /replay|scrape/i.test(text)
      ? ReplayUnavailableError
      : /(writ|sav|lock|in use).*profile|profile.*(lock|in use)/i.test(text)
        ? ProfileLockedError
        : ConflictError
  } else if (status === 429) {
    type =
      reason === 'credits'
        ? InsufficientCreditsError
        : /concurren/i.test(text)
          ? ConcurrencyLimitError
          : RateLimitError
    if (reason !== 'credits') repeat = 'always'
  } else if (status === 503) {
    // Without the API's envelope or a Retry-After it comes from a proxy, some
    // of which say 503 also when the connection broke after the server had the request.
    const own = (envelope && text !== '') || wait !== undefined
    const missing = wait === undefined && /not (configured|enabled|available|supported)/i.test(text)
    repeat = missing ? 'never' : own ? 'always' : 'idempotent'
    if (missing || (own && wait === undefined)) type = NotConfiguredError
  }

  const message =
    text || `The server answered ${status}${typeof body === 'string' && body ? `: ${body}` : '.'}`
  return { error: new type(message, { status, requestId, body, retryAfter: wait, cause }), repeat }
}

/** Codes of a connection that was never made: Node's and Bun's, and that of older Buns. */
const unconnected = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused)$/

interface SystemError {
  message?: unknown
  code?: unknown
  syscall?: unknown
  cause?: SystemError
  errors?: SystemError[]
}

/** Whether a fetch failed before anything was sent. False when that cannot be known. */
function neverConnected({ message, code, syscall, cause, errors }: SystemError): boolean {
  // Several errors: one per address of the host.
  if (errors?.length) return errors.every(neverConnected)
  return (
    unconnected.test(String(code)) ||
    syscall === 'connect' ||
    // Deno has no code, only this text.
    /client error \(Connect\)/.test(String(message)) ||
    (cause !== undefined && neverConnected(cause))
  )
}

/** What a rejected fetch, or the reading of its body, failed with. */
export function connectionFailure(reason: unknown, { baseUrl, secrets }: Connection): Failure {
  const unseen = neverConnected(Object(reason) as SystemError)
  const cause = redactCause(reason, secrets)
  const { message } = (cause.cause ?? cause) as Error
  return {
    error: new ConnectionError(
      unseen
        ? `Could not connect to ${baseUrl} (${message}). Is the server running there?`
        : `The connection to ${baseUrl} failed (${message}). The server may have done it all the same.`,
      { cause },
    ),
    repeat: unseen ? 'always' : 'idempotent',
  }
}
