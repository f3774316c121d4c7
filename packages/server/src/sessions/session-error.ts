import type { EndReason } from '@tandem-browser/core'

/** There never was such a session. */
export class SessionNotFoundError extends Error {
  override name = 'SessionNotFoundError'

  constructor() {
    super('Browser session not found.')
  }
}

/** The session belongs to another key. */
export class SessionForbiddenError extends Error {
  override name = 'SessionForbiddenError'

  constructor() {
    super('Forbidden.')
  }
}

/** The session was there and has ended. */
export class SessionEndedError extends Error {
  override name = 'SessionEndedError'
  readonly endReason: EndReason

  constructor(endReason: EndReason) {
    super('Browser session has been destroyed.')
    this.endReason = endReason
  }
}

/** The server runs as many sessions as it may. */
export class SessionLimitError extends Error {
  override name = 'SessionLimitError'
  readonly limit: number

  constructor(limit: number) {
    super(
      `You have reached the maximum number of concurrent jobs (${limit}). ` +
        'Please wait for existing jobs to complete or destroy browser sessions before creating new ones.',
    )
    this.limit = limit
  }
}

/** The server is stopping and takes no more sessions. */
export class ShuttingDownError extends Error {
  override name = 'ShuttingDownError'

  constructor() {
    super('The server is shutting down.')
  }
}

/** More executions wait in a session than it takes. */
export class ExecutionLimitError extends Error {
  override name = 'ExecutionLimitError'

  constructor(limit: number) {
    super(`This session has ${limit} executions waiting. Wait for some of them to end.`)
  }
}

/** A session could not be written down, and so there is none. */
export class SessionNotPersistedError extends Error {
  override name = 'SessionNotPersistedError'

  constructor(cause: unknown) {
    super('Failed to persist browser session.', { cause })
  }
}

/** Something of a session could not be ended. */
export class SessionReleaseError extends Error {
  override name = 'SessionReleaseError'

  constructor(cause: unknown) {
    super('Browser session release was not confirmed.', { cause })
  }
}
