/**
 * Every error that this package throws. None of them carries the cdpUrl, a header, Playwright's
 * own message or the body of an answer: each of those can hold the secret of the session.
 */

const PREFIX = '@tandem-browser/playwright-connect/'
const CONNECT = Symbol.for(`${PREFIX}ConnectError`)
const TIMEOUT = Symbol.for(`${PREFIX}ConnectTimeoutError`)
const ABORT = Symbol.for(`${PREFIX}AbortError`)
const MISSING = Symbol.for(`${PREFIX}MissingPlaywrightError`)

/** What is known of a failed connection. */
export interface ConnectErrorDetails {
  /** HTTP status of the server's refusal. */
  status?: number | undefined
  /** Code of the network error, such as `ECONNREFUSED`. */
  code?: string | undefined
}

/** The session could not be reached, or the server refused the connection. */
export class ConnectError extends Error {
  override readonly name: string = 'ConnectError'
  /** HTTP status of the refusal; undefined when there was no answer at all. */
  readonly status: number | undefined
  /** Code of the network error, such as `ECONNREFUSED`; undefined when the server answered. */
  readonly code: string | undefined

  constructor(message: string, details: ConnectErrorDetails = {}) {
    super(message)
    this.status = details.status
    this.code = details.code
    mark(this, CONNECT)
  }

  /** Like `instanceof`, also for an error of another copy of this package. */
  static isInstance(value: unknown): value is ConnectError {
    return has(value, CONNECT)
  }
}

/**
 * What did not answer in time: the server (`socket`), or, after it had accepted the connection,
 * the browser or one of its pages (`page`).
 */
export type ConnectPhase = 'socket' | 'page'

/** The deadline of `connect` passed. */
export class ConnectTimeoutError extends ConnectError {
  override readonly name: string = 'ConnectTimeoutError'
  /** The deadline, in milliseconds. */
  readonly timeout: number
  readonly phase: ConnectPhase

  constructor(timeout: number, phase: ConnectPhase) {
    super(
      phase === 'socket'
        ? `The server of the session did not answer the connection within ${timeout} ms. ` +
            'Check that the server is up and that the cdpUrl leads to it.'
        : `The server accepted the connection, but a page of the session does not answer: ` +
            `Playwright waits for every open page, and one was not ready after ${timeout} ms. ` +
            'Close that page or end the session; a longer timeout helps if the page is only busy.',
    )
    this.timeout = timeout
    this.phase = phase
    mark(this, TIMEOUT)
  }

  static override isInstance(value: unknown): value is ConnectTimeoutError {
    return has(value, TIMEOUT)
  }
}

/** The caller's `signal` was aborted; `cause` is its reason. */
export class AbortError extends Error {
  override readonly name = 'AbortError'

  constructor(reason: unknown) {
    super('Connecting to the session was aborted by its signal.', { cause: reason })
    mark(this, ABORT)
  }

  /** Like `instanceof`, also for an error of another copy of this package. */
  static isInstance(value: unknown): value is AbortError {
    return has(value, ABORT)
  }
}

/** No `chromium` was given, and neither `playwright-core` nor `playwright` is installed. */
export class MissingPlaywrightError extends Error {
  override readonly name = 'MissingPlaywrightError'

  constructor() {
    super(
      'Neither playwright-core nor playwright is installed. ' +
        'Install one of them (npm install playwright-core), or pass its chromium: ' +
        'connect(session, { chromium }).',
    )
    mark(this, MISSING)
  }

  /** Like `instanceof`, also for an error of another copy of this package. */
  static isInstance(value: unknown): value is MissingPlaywrightError {
    return has(value, MISSING)
  }
}

/** Not enumerable, so that it shows in no printed error. */
function mark(error: Error, marker: symbol): void {
  Object.defineProperty(error, marker, { value: true })
}

function has(value: unknown, marker: symbol): boolean {
  return typeof value === 'object' && value !== null && Reflect.get(value, marker) === true
}
