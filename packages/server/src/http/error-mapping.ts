import type { FastifyError } from 'fastify'
import { BrowserLaunchError } from '../browser/browser-process.ts'
import { BrowserGoneError, CommandTimeoutError } from '../cdp/command-error.ts'
import { InsufficientCreditsError } from '../keys/credit-accounts.ts'
import { KernelStartError, PageUnresponsiveError } from '../kernels/kernel.ts'
import { ControlHeldError, HumanInControlError } from '../live/control-error.ts'
import { LanguageUnavailableError } from '../kernels/language-unavailable-error.ts'
import { ProfileLockedError, ProfileUnreadableError } from '../profiles/profile-error.ts'
import {
  ExecutionLimitError,
  SessionEndedError,
  SessionForbiddenError,
  SessionLimitError,
  SessionNotFoundError,
  SessionNotPersistedError,
  SessionReleaseError,
  ShuttingDownError,
} from '../sessions/session-error.ts'
import { AnswerLostError } from '../store/kept-answers.ts'
import { ProcessStartError } from '../sandbox/supervised-process.ts'
import {
  ReplayError,
  ReplayUnavailableError,
  ScrapeError,
  type ScrapeErrorCode,
  ScrapeForbiddenError,
  ScrapeNotFoundError,
} from '../scrape/scrape-error.ts'
import { ApiError } from './api-error.ts'
import { ClientGoneError } from './client-connection.ts'

/** Seconds after which a client that met the session limit may well find room. */
const sessionLimitRetryAfter = '5'

/** The answer to a failure. What is not known here is a defect and says nothing of its inside. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof SessionNotFoundError) return new ApiError(404, error.message)
  if (error instanceof SessionForbiddenError) return new ApiError(403, error.message)
  if (error instanceof SessionEndedError) {
    return new ApiError(410, error.message, { details: { endReason: error.endReason } })
  }
  if (error instanceof InsufficientCreditsError) {
    const { required, available } = error
    return new ApiError(402, error.message, {
      code: 'INSUFFICIENT_CREDITS',
      details: { required, available },
    })
  }
  if (error instanceof SessionLimitError) {
    return new ApiError(429, error.message, {
      code: 'CONCURRENCY_LIMIT',
      headers: { 'retry-after': sessionLimitRetryAfter },
    })
  }
  if (error instanceof SessionNotPersistedError) return new ApiError(500, error.message)
  if (error instanceof ProfileLockedError) return new ApiError(409, error.message)
  if (error instanceof ProfileUnreadableError) {
    return new ApiError(500, error.message, { code: 'PROFILE_UNREADABLE' })
  }
  if (error instanceof ExecutionLimitError) {
    return new ApiError(429, error.message, { headers: { 'retry-after': '1' } })
  }
  if (error instanceof AnswerLostError) return new ApiError(409, error.message)
  if (error instanceof HumanInControlError) {
    return new ApiError(409, error.message, {
      code: 'HUMAN_IN_CONTROL',
      headers: { 'retry-after': '5' },
    })
  }
  if (error instanceof ControlHeldError) {
    return new ApiError(409, error.message, { code: 'CONTROL_HELD' })
  }
  if (error instanceof SessionReleaseError) return new ApiError(502, error.message)
  if (error instanceof CommandTimeoutError) {
    return new ApiError(502, 'The browser of this session does not answer.')
  }
  if (error instanceof ShuttingDownError) {
    return new ApiError(503, error.message, { headers: { 'retry-after': '5' } })
  }
  if (error instanceof BrowserLaunchError || error instanceof ProcessStartError) {
    return new ApiError(502, 'Failed to create browser session.')
  }
  if (error instanceof PageUnresponsiveError) {
    return new ApiError(502, `Failed to execute code in browser session. ${error.message}`)
  }
  if (error instanceof LanguageUnavailableError) return new ApiError(503, error.message)
  if (error instanceof KernelStartError || error instanceof BrowserGoneError) {
    return new ApiError(502, 'Failed to execute code in browser session.')
  }
  if (error instanceof ScrapeError) {
    return new ApiError(error.status, error.message, { code: error.code })
  }
  if (error instanceof ScrapeNotFoundError) return new ApiError(404, error.message)
  if (error instanceof ScrapeForbiddenError) return new ApiError(403, error.message)
  if (error instanceof ReplayError || error instanceof ReplayUnavailableError) {
    return new ApiError(409, error.message)
  }
  return (
    frameworkError(error) ?? new ApiError(500, 'Internal server error.', { code: 'UNKNOWN_ERROR' })
  )
}

/** What a client, a page or an operator did, whatever the status of its answer. */
const noDefects = [
  ApiError,
  ClientGoneError,
  LanguageUnavailableError,
  PageUnresponsiveError,
  ShuttingDownError,
]

/** Codes of scrapes that failed here and not at the site. */
const ownFailures = new Set<string>([
  'SCRAPE_BROWSER_GONE',
  'UNKNOWN_ERROR',
] satisfies ScrapeErrorCode[])

/** Whether operators should look into it: something broke that nobody asked for. */
export function isDefect(error: unknown, failure: ApiError): boolean {
  if (failure.status < 500 || noDefects.some((type) => error instanceof type)) return false
  // What a site or its network did is the caller's to know.
  return !(error instanceof ScrapeError) || ownFailures.has(error.code)
}

/** What Fastify itself says of a request that it could not read. */
function frameworkError(error: unknown): ApiError | undefined {
  const { code, statusCode, message } = error as Partial<FastifyError>
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new ApiError(413, 'Request body is too large')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new ApiError(415, 'The request body must be JSON: send Content-Type: application/json.')
  }
  if (code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error instanceof SyntaxError) {
    return new ApiError(400, 'Bad request, malformed JSON', { code: 'BAD_REQUEST_INVALID_JSON' })
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ApiError(statusCode, message ?? 'Bad Request')
  }
  return undefined
}
