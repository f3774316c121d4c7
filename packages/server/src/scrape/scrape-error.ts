/** Codes of a failed scrape; all but `SCRAPE_ADDRESS_BLOCKED` and `SCRAPE_BROWSER_GONE` are the API's. */
export type ScrapeErrorCode =
  | 'BAD_REQUEST'
  | 'SCRAPE_ACTION_ERROR'
  | 'SCRAPE_ADDRESS_BLOCKED'
  | 'SCRAPE_BROWSER_GONE'
  | 'SCRAPE_DNS_RESOLUTION_ERROR'
  | 'SCRAPE_NO_CACHED_DATA'
  | 'SCRAPE_SITE_ERROR'
  | 'SCRAPE_SSL_ERROR'
  | 'SCRAPE_TIMEOUT'
  | 'SCRAPE_UNSUPPORTED_FILE_ERROR'
  | 'UNKNOWN_ERROR'

/** HTTP status by code (contract §2.7: a name that does not resolve is 200 with `success: false`). */
const statuses: Record<ScrapeErrorCode, number> = {
  BAD_REQUEST: 400,
  SCRAPE_ACTION_ERROR: 500,
  SCRAPE_ADDRESS_BLOCKED: 403,
  SCRAPE_BROWSER_GONE: 502,
  SCRAPE_DNS_RESOLUTION_ERROR: 200,
  SCRAPE_NO_CACHED_DATA: 404,
  SCRAPE_SITE_ERROR: 500,
  SCRAPE_SSL_ERROR: 500,
  SCRAPE_TIMEOUT: 408,
  SCRAPE_UNSUPPORTED_FILE_ERROR: 500,
  UNKNOWN_ERROR: 500,
}

/** A page could not be scraped. `message` is for the caller of the API and names no internals. */
export class ScrapeError extends Error {
  override readonly name = 'ScrapeError'
  readonly code: ScrapeErrorCode
  /** HTTP status to answer with. */
  readonly status: number

  constructor(code: ScrapeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = statuses[code]
  }
}

/** What `SCRAPE_NO_CACHED_DATA` says. */
export const noCache =
  'minAge and lockdown ask for an answer from the cache, and this server has none. ' +
  'Leave them out to have the page loaded.'

/** There is no such scrape, or it is too long ago. */
export class ScrapeNotFoundError extends Error {
  override name = 'ScrapeNotFoundError'

  constructor() {
    super('Job not found.')
  }
}

/** The scrape belongs to another key. */
export class ScrapeForbiddenError extends Error {
  override name = 'ScrapeForbiddenError'

  /** The API says it in one way for what continues a scrape and in another for the scrape itself. */
  constructor(message = 'Forbidden.') {
    super(message)
  }
}

/** Why the page of a scrape that was to leave nothing behind cannot be reached again. */
export const sourceNotRetained = ' because the source URL was not retained.'

/** Nothing is kept by which the page of a scrape could be reached again. */
export class ReplayUnavailableError extends Error {
  override name = 'ReplayUnavailableError'

  /** @param reason Goes on after what is unavailable. */
  constructor(reason = '. Please rerun the scrape.') {
    super(`Replay context is unavailable for this scrape job${reason}`)
  }
}

/** The page of a scrape could not be reached again. */
export class ReplayError extends Error {
  override name = 'ReplayError'

  constructor(options: ErrorOptions) {
    super(
      'Failed to initialize browser session from the original scrape context. ' +
        'Please rerun the scrape and try again.',
      options,
    )
  }
}
