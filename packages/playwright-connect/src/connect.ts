import type { Browser, BrowserContext, Page } from 'playwright-core'

import { type Connection, connectionOver, leave } from './connection.ts'
import { Deadline } from './deadline.ts'
import { AbortError, ConnectError, ConnectTimeoutError } from './errors.ts'
import { loadChromium } from './load-chromium.ts'
import { translateFailure } from './playwright-failure.ts'

/**
 * What `connect` needs of a session: the `cdpUrl` of any answer that has one. A `ws:` or `wss:`
 * address, or the `http:` or `https:` one of which `/json/version` names the socket.
 */
export interface ConnectableSession {
  cdpUrl: string
}

/** What `connect` needs of Playwright: `chromium` of `playwright-core`, `playwright` or a fork. */
export interface Chromium {
  connectOverCDP(
    endpointURL: string,
    options?: { headers?: Record<string, string>; timeout?: number; noDefaults?: boolean },
  ): Promise<Browser>
}

export interface ConnectOptions {
  /** Playwright's `chromium`. Default: that of the installed `playwright-core` or `playwright`. */
  chromium?: Chromium | undefined
  /**
   * Leave the browser's own settings alone. With `false` Playwright redirects downloads to a
   * folder that only it knows and emulates focus, media and fonts, for every driver of the
   * session. Default: true. Read by Playwright 1.60 and later.
   */
  noDefaults?: boolean | undefined
  /** Milliseconds until the page must be there, all in all. Default: 15000. */
  timeout?: number | undefined
  /** Sent with the upgrade request, for a server behind a gateway. */
  headers?: Record<string, string> | undefined
  /** Aborts the connecting. Without effect on a connection that was returned. */
  signal?: AbortSignal | undefined
}

/** What a Node timer can count, less the grace below. */
const LONGEST_TIMEOUT_MS = 2_147_000_000

/** Playwright ends its own wait first: only it knows whether the socket had been opened. */
const GRACE_MS = 1_000

/**
 * Attaches Playwright to a live session and returns its page: the first one of the default
 * context, which the other drivers of the session use too, or a new one when there is none.
 *
 * A failed call leaves nothing open. It is not repeated: a page that is merely busy is waited
 * for within the same attempt, and everything else is the caller's decision.
 *
 * @throws ConnectError when the server cannot be reached or refuses (then with `status`)
 * @throws ConnectTimeoutError when the server or a page does not answer in time
 * @throws AbortError when `signal` is aborted first
 * @throws MissingPlaywrightError when no Playwright is given or installed
 * @throws TypeError, RangeError for arguments that cannot be meant
 */
export async function connect(
  session: ConnectableSession | string,
  options: ConnectOptions = {},
): Promise<Connection> {
  const endpoint = readCdpUrl(session)
  const { noDefaults = true, timeout = 15_000, headers, signal } = options
  if (!(timeout >= 1 && timeout <= LONGEST_TIMEOUT_MS)) {
    throw new RangeError(
      `timeout must be a number of milliseconds from 1 to ${LONGEST_TIMEOUT_MS}, not ${timeout}.`,
    )
  }
  if (signal?.aborted) throw new AbortError(signal.reason)

  const deadline = new Deadline(timeout, signal)
  const chromium = options.chromium ?? (await deadline.race(loadChromium()))
  if (typeof chromium.connectOverCDP !== 'function') {
    throw new TypeError('The chromium option has no connectOverCDP. Pass Playwright’s chromium.')
  }
  const connecting = chromium.connectOverCDP(endpoint, {
    timeout: deadline.remaining,
    noDefaults,
    ...(headers && { headers }),
    // Not documented, but Playwright 1.62 and later give up their socket on it at once. An
    // earlier one is disconnected when it arrives.
    ...(signal && { signal }),
  })
  let browser: Browser
  try {
    browser = await deadline.race(connecting, {
      grace: GRACE_MS,
      release: (late) => void leave(late),
    })
  } catch (error) {
    throw isOurs(error) ? error : translateFailure(error, timeout)
  }
  return openPage(browser, deadline)
}

/** The page to work on; when that fails, the browser is left again. */
async function openPage(browser: Browser, deadline: Deadline): Promise<Connection> {
  let opening: Promise<Page> | undefined
  try {
    const context: BrowserContext | undefined = browser.contexts()[0]
    if (!context) {
      throw new ConnectError('The browser of the session has no default context to work in.')
    }
    const first = context.pages()[0]
    if (first) return connectionOver(browser, context, first)
    opening = context.newPage()
    return connectionOver(browser, context, await deadline.race(opening))
  } catch (error) {
    // The page, should it come after all, must be closed over the connection that made it. A
    // caller who ran out of time is not made to wait for that.
    const leaving = leave(browser, opening)
    if (!AbortError.isInstance(error) && !ConnectTimeoutError.isInstance(error)) await leaving
    throw isOurs(error) ? error : translateFailure(error, deadline.timeout)
  }
}

function isOurs(error: unknown): boolean {
  return ConnectError.isInstance(error) || AbortError.isInstance(error)
}

function readCdpUrl(session: ConnectableSession | string): string {
  const text: unknown = typeof session === 'string' ? session : session?.cdpUrl
  if (typeof text !== 'string') {
    throw new TypeError('connect needs a session with a cdpUrl, or a cdpUrl.')
  }
  if (text === '') {
    throw new TypeError('The session has no cdpUrl: its server does not offer CDP.')
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['ws:', 'wss:', 'http:', 'https:'].includes(url.protocol)) {
    throw new TypeError(
      'The cdpUrl is not a ws, wss, http or https address. Use it as the server gave it.',
    )
  }
  return url.href
}
