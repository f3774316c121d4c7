import { setDefined } from './defined.ts'

/** What an error knows beside its message. All of it is redacted before it gets here. */
export interface ErrorDetails {
  status?: number | undefined
  requestId?: string | undefined
  body?: unknown
  retryAfter?: number | undefined
  cause?: unknown
}

const brand = (name: string): symbol => Symbol.for(`tandem-browser:${name}`)

/** On the prototype, so that a stack begins with the name and subclasses inherit the brand. */
function define(type: { prototype: object }, name: string): void {
  Object.assign(type.prototype, { name, [brand(name)]: true })
}

/**
 * Any failure of a call. Nothing in it (message, body, cause) holds an API key
 * or a capability URL.
 */
export class TandemError extends Error {
  static {
    define(this, 'TandemError')
  }
  declare readonly name: string
  /** HTTP status, when the server answered. */
  declare readonly status?: number
  /** `X-Request-Id` of the answer; the server's log has it too. */
  declare readonly requestId?: string
  /** The answer's body, redacted: JSON as parsed, anything else as a short excerpt. */
  declare readonly body?: unknown
  /** Milliseconds after which the server allows another try, when it said so. */
  declare readonly retryAfter?: number

  constructor(message: string, { cause, ...details }: ErrorDetails = {}) {
    super(message, cause === undefined ? {} : { cause })
    setDefined(this, details)
  }

  /**
   * Whether a value is an error of this class or of one derived from it, also
   * when it comes from another copy of this package.
   */
  static isInstance<T extends abstract new (...args: never[]) => unknown>(
    this: T,
    error: unknown,
  ): error is InstanceType<T> {
    const own = (this.prototype as Error).name
    return typeof error === 'object' && error !== null && brand(own) in error
  }

  /** An error as a log wants it. */
  toJSON(): object {
    const { name, message } = this
    return Object.assign({ name, message }, this)
  }
}

/** The request was wrong: a 4xx without a class of its own, or an argument refused before sending. */
export class ValidationError extends TandemError {
  static {
    define(this, 'ValidationError')
  }
  declare readonly name: 'ValidationError'
  /** What the server found wrong, field by field, when it said so. */
  get details(): unknown {
    return (this.body as { details?: unknown } | undefined)?.details
  }
}

/** 401: no API key, or one that the server does not know. */
export class AuthenticationError extends TandemError {
  static {
    define(this, 'AuthenticationError')
  }
  declare readonly name: 'AuthenticationError'
}

/** 402, or the daily budget of calls without a key: the credits do not suffice. */
export class InsufficientCreditsError extends TandemError {
  static {
    define(this, 'InsufficientCreditsError')
  }
  declare readonly name: 'InsufficientCreditsError'
}

/** 403: the key may not do this, or the session is another team's. */
export class ForbiddenError extends TandemError {
  static {
    define(this, 'ForbiddenError')
  }
  declare readonly name: 'ForbiddenError'
}

/** 404: no such session or scrape. */
export class NotFoundError extends TandemError {
  static {
    define(this, 'NotFoundError')
  }
  declare readonly name: 'NotFoundError'
}

/** 409: the request conflicts with what goes on, for instance a person who has taken control. */
export class ConflictError extends TandemError {
  static {
    define(this, 'ConflictError')
  }
  declare readonly name: 'ConflictError' | 'ReplayUnavailableError' | 'ProfileLockedError'
}

/** 409: the page of this scrape cannot be reached again; scrape it once more. */
export class ReplayUnavailableError extends ConflictError {
  static {
    define(this, 'ReplayUnavailableError')
  }
  declare readonly name: 'ReplayUnavailableError'
}

/** 409: another session is writing to the profile; `saveChanges: false` still reads it. */
export class ProfileLockedError extends ConflictError {
  static {
    define(this, 'ProfileLockedError')
  }
  declare readonly name: 'ProfileLockedError'
}

/** 410: the session has ended, and stays so. */
export class SessionDestroyedError extends TandemError {
  static {
    define(this, 'SessionDestroyedError')
  }
  declare readonly name: 'SessionDestroyedError'
}

/** 429: too many requests in a span of time. */
export class RateLimitError extends TandemError {
  static {
    define(this, 'RateLimitError')
  }
  declare readonly name: 'RateLimitError'
}

/** 429: too many sessions at once; end one and try again. */
export class ConcurrencyLimitError extends TandemError {
  static {
    define(this, 'ConcurrencyLimitError')
  }
  declare readonly name: 'ConcurrencyLimitError'
}

/** The server failed (5xx), or its answer was not what the API promises. */
export class BrowserServiceError extends TandemError {
  static {
    define(this, 'BrowserServiceError')
  }
  declare readonly name: 'BrowserServiceError'
}

/** 501 and 503: this server does not offer what was asked for. */
export class NotConfiguredError extends TandemError {
  static {
    define(this, 'NotConfiguredError')
  }
  declare readonly name: 'NotConfiguredError'
}

/** The server could not be reached, or the connection was lost. */
export class ConnectionError extends TandemError {
  static {
    define(this, 'ConnectionError')
  }
  declare readonly name: 'ConnectionError'
}

/** The client's deadline passed, or the server gave up (408). */
export class TimeoutError extends TandemError {
  static {
    define(this, 'TimeoutError')
  }
  declare readonly name: 'TimeoutError'
}

/** The caller's `signal` fired; its reason is the `cause`. */
export class AbortError extends TandemError {
  static {
    define(this, 'AbortError')
  }
  declare readonly name: 'AbortError'
}
