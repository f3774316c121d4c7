import { BrowserLaunchError } from '../../browser/browser-process.ts'
import { CommandTimeoutError } from '../../cdp/command-error.ts'
import { InsufficientCreditsError } from '../../keys/credit-accounts.ts'
import { KernelStartError } from '../../kernels/kernel.ts'
import { LanguageUnavailableError } from '../../kernels/language-unavailable-error.ts'
import { ControlHeldError, HumanInControlError } from '../../live/control-error.ts'
import { fileTooLarge } from '../../live/uploads.ts'
import { ProfileLockedError, ProfileUnreadableError } from '../../profiles/profile-error.ts'
import {
  ReplayError,
  ReplayUnavailableError,
  ScrapeError,
  ScrapeForbiddenError,
  ScrapeNotFoundError,
  noCache,
  sourceNotRetained,
} from '../../scrape/scrape-error.ts'
import {
  ExecutionLimitError,
  SessionEndedError,
  SessionForbiddenError,
  SessionLimitError,
  SessionNotFoundError,
  SessionNotPersistedError,
  SessionReleaseError,
  ShuttingDownError,
} from '../../sessions/session-error.ts'
import { AnswerLostError } from '../../store/kept-answers.ts'
import { toApiError } from '../error-mapping.ts'
import { noModel } from '../execution-route.ts'

/** One way in which a call fails: what a client tells it by, and when it comes. */
export interface Failure {
  status: number
  /** The text, or how it reads where it holds something of the call. */
  error: string
  code?: string
  when: string
  /** Whether it says with `Retry-After` when to try again. */
  retryAfter?: true
}

/** One that the server raises, as it answers it: the description cannot say something else. */
function of(error: Error, when: string): Failure {
  const { status, message, code, headers } = toApiError(error)
  return {
    status,
    error: message,
    when,
    ...(code === undefined ? {} : { code }),
    ...('retry-after' in headers ? { retryAfter: true } : {}),
  }
}

/** Every failure of the API, by a name that only this description uses. */
export const failures = {
  badRequest: {
    status: 400,
    code: 'BAD_REQUEST',
    error: 'Bad Request: ttl: Too small: expected number to be >=30',
    when: 'The input does not fit. `error` tells of the first problem, `details` of all of them.',
  },
  unknownKey: {
    status: 400,
    code: 'BAD_REQUEST',
    error:
      'Unrecognized key in body -- please review the v2 API documentation for request body changes (colour)',
    when: 'The body has a key that there is not.',
  },
  malformedJson: {
    status: 400,
    code: 'BAD_REQUEST_INVALID_JSON',
    error: 'Bad request, malformed JSON',
    when: 'The body is not JSON.',
  },
  invalidHost: {
    status: 400,
    error: 'The Host header must be the name or address of this server.',
    when: 'No address for the answer can be built from the Host header.',
  },
  invalidScrapeId: {
    status: 400,
    error: 'Invalid crawl ID',
    when: 'The id of the scrape is no UUID.',
  },
  invalidJobId: {
    status: 400,
    error: 'Invalid job ID format. Job ID must be a valid UUID.',
    when: 'The id of the scrape is no UUID.',
  },
  missingTask: {
    status: 400,
    code: 'BAD_REQUEST',
    error: "Either 'code' or 'prompt' must be provided.",
    when: 'There is nothing to do.',
  },
  twoTasks: {
    status: 400,
    code: 'BAD_REQUEST',
    error: "Provide 'code' or 'prompt', not both.",
    when: 'There are two things to do.',
  },
  codeTooLong: {
    status: 400,
    code: 'BAD_REQUEST',
    error: 'Code must not exceed 100,000 UTF-8 bytes.',
    when: '`code` is too long.',
  },
  profileName: {
    status: 400,
    code: 'BAD_REQUEST',
    error: 'Profile name must be between 1 and 128 characters.',
    when: 'The name of the profile is too short or too long.',
  },
  keyUsedOtherwise: {
    status: 400,
    error: 'This Idempotency-Key was used for another request. Use a new key for a new request.',
    when: 'The `Idempotency-Key` stands for another call.',
  },
  tokenMissing: {
    status: 401,
    error: 'Unauthorized: Token missing',
    when: 'No key was sent.',
  },
  tokenInvalid: {
    status: 401,
    error: 'Unauthorized: Invalid token',
    when: 'The key is none of this server.',
  },
  cdpTokenMissing: {
    status: 401,
    error: 'Unauthorized: the token of the cdpUrl is missing.',
    when: 'No token was sent.',
  },
  cdpTokenInvalid: {
    status: 401,
    error: 'Unauthorized: this is not the token of that session.',
    when: 'The token is not that of the session.',
  },
  liveTokenInvalid: {
    status: 401,
    error: 'Unauthorized: this is not the address of that live view.',
    when: 'The token is not one of that live view.',
  },
  ticketInvalid: {
    status: 401,
    error: 'Unauthorized: a ticket is good for one connection.',
    when: 'The ticket is unknown, used or too old.',
  },
  uploadTokenInvalid: {
    status: 401,
    error: 'Unauthorized: only a viewer who is connected may bring files.',
    when: 'The token is not that of a viewer.',
  },
  insufficientCredits: of(
    new InsufficientCreditsError('a 600s browser session', { required: 20, available: 3 }),
    'The key has too few credits. `details` has `required` and `available`.',
  ),
  forbidden: of(new SessionForbiddenError(), 'It belongs to another key.'),
  scrapeForbidden: of(
    new ScrapeForbiddenError('You are not allowed to access this resource.'),
    'The scrape belongs to another key.',
  ),
  operatorsOnly: {
    status: 403,
    error: 'Only for operators: send one of the keys in TANDEM_OPERATOR_KEYS.',
    when: 'The key is none of an operator.',
  },
  addressBlocked: of(
    new ScrapeError(
      'SCRAPE_ADDRESS_BLOCKED',
      'Tandem does not let a session reach 10.0.0.1:80: 10.0.0.1 is a private address. The operator of the ' +
        'server can allow it: TANDEM_EGRESS_ALLOW=10.0.0.1:80 (target: 10.0.0.1:80, rule: private-address)',
    ),
    'The network policy keeps scrapes from that address. `error` names the rule.',
  ),
  sessionNotFound: of(
    new SessionNotFoundError(),
    'There is no such session, or nobody has continued that scrape.',
  ),
  jobNotFound: of(new ScrapeNotFoundError(), 'There is no such scrape, or it is too long ago.'),
  noSocket: {
    status: 404,
    error: 'There is no WebSocket endpoint at this address.',
    when: 'The address is none of a WebSocket.',
  },
  notCached: of(
    new ScrapeError('SCRAPE_NO_CACHED_DATA', noCache),
    'An answer from the cache was asked for.',
  ),
  scrapeTimeout: of(
    new ScrapeError(
      'SCRAPE_TIMEOUT',
      'The page could not be loaded and read within the timeout. Try a longer one.',
    ),
    'The page could not be scraped within `timeout`.',
  ),
  profileLocked: of(new ProfileLockedError('write'), 'Another session saves to that profile.'),
  profileBusy: of(new ProfileLockedError('delete'), 'A session saves to that profile.'),
  replayFailed: of(new ReplayError({}), 'The page of the scrape cannot be reached again.'),
  replayUnavailable: of(
    new ReplayUnavailableError(),
    'What was kept of the scrape cannot be read any more.',
  ),
  sourceNotRetained: of(
    new ReplayUnavailableError(sourceNotRetained),
    'Nothing was to be kept of the scrape, and there is neither `url` nor `existingSessionId`.',
  ),
  humanInControl: of(new HumanInControlError(), 'A person has the browser and lets nothing wait.'),
  controlHeld: of(new ControlHeldError(), 'Another person has the browser.'),
  answerLost: of(
    new AnswerLostError(),
    'The same `Idempotency-Key` has had an answer that could not be kept.',
  ),
  sessionDestroyed: of(
    new SessionEndedError('ttl'),
    'The session has ended. `details.endReason` says why.',
  ),
  bodyTooLarge: {
    status: 413,
    error: 'Request body is too large',
    when: 'The body has more than 2 MiB.',
  },
  fileTooLarge: {
    status: 413,
    error: fileTooLarge,
    when: 'The file is larger than a viewer may bring.',
  },
  notJson: {
    status: 415,
    error: 'The request body must be JSON: send Content-Type: application/json.',
    when: 'The body is of another type.',
  },
  notBytes: {
    status: 415,
    error: 'Send the file as application/octet-stream.',
    when: 'The body is of another type.',
  },
  rateLimit: {
    status: 429,
    code: 'RATE_LIMIT',
    error:
      'Rate limit exceeded. Consumed (req/min): 60, Remaining (req/min): 0. The operator of the server can ' +
      'raise the limit of this key; please retry after 12s, resets at 2026-01-01T00:00:00.000Z',
    when: 'The key made as many calls of this kind as it may in a minute.',
    retryAfter: true,
  },
  concurrencyLimit: of(
    new SessionLimitError(4),
    'There are as many sessions as the key, or the server, may have.',
  ),
  executionLimit: of(
    new ExecutionLimitError(100),
    'Too many executions of that session are under way.',
  ),
  profileUnreadable: of(
    new ProfileUnreadableError('shop', 'it was changed'),
    'What is saved of the profile is damaged.',
  ),
  scrapeFailed: of(
    new ScrapeError('SCRAPE_SITE_ERROR', 'shop.example refused the connection.'),
    'The site, its certificate (`SCRAPE_SSL_ERROR`), the kind of its file ' +
      '(`SCRAPE_UNSUPPORTED_FILE_ERROR`) or an action that cannot be done (`SCRAPE_ACTION_ERROR`) is in the way.',
  ),
  notPersisted: of(
    new SessionNotPersistedError(undefined),
    'The session could not be written down, and is not there.',
  ),
  unknown: of(
    new Error('any other'),
    'A defect of the server; its log has more under the `X-Request-Id`.',
  ),
  createFailed: of(new BrowserLaunchError('', true), 'A browser could not be started.'),
  executionFailed: of(
    new KernelStartError(),
    'The interpreter could not be started, or a page keeps it from the browser; then the sentence goes on.',
  ),
  browserSilent: of(new CommandTimeoutError(), 'The browser took too long.'),
  browserGone: of(
    new ScrapeError('SCRAPE_BROWSER_GONE', 'The browser ended while it loaded.'),
    'The browser of the scrape ended.',
  ),
  releaseFailed: of(
    new SessionReleaseError(undefined),
    'The session may not be gone. The call can be repeated.',
  ),
  noModel: {
    status: 503,
    error: noModel,
    when: 'A prompt was sent, and this server has no model that follows it; the sentence says what does.',
  },
  noLanguage: of(
    new LanguageUnavailableError(
      'python',
      'there is no Python with Playwright.',
      'Run: tandem doctor',
    ),
    'The server lacks the interpreter; the sentence says how to bring it.',
  ),
  shuttingDown: of(new ShuttingDownError(), 'The server is being stopped.'),
} satisfies Record<string, Failure>

export type FailureName = keyof typeof failures
