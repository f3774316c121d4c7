import type { ScrapeRequest } from '@tandem-browser/core'
import type { Dialog, Download, Page } from 'playwright-core'

import { DocumentTraffic } from './document-traffic.ts'
import { addFirstPartyHeaders } from './first-party-headers.ts'
import { egressFailure } from './egress-failure.ts'
import { networkFailure } from './network-failure.ts'
import { ScrapeError } from './scrape-error.ts'
import { settlePage } from './settle-page.ts'
import { type Tab, interruptIfStuck } from './tab.ts'
import type { TimeBudget } from './time-budget.ts'

/** A page in the tab, and what it goes on loading. */
export interface OpenPage {
  loaded: LoadedPage
  traffic: DocumentTraffic
}

/** What the server said of the page that `loadInTab` has brought into the tab. */
export interface LoadedPage {
  statusCode: number
  contentType: string | undefined
  /** True when the answer had no document (a 204, or an error status without a body). */
  empty: boolean
  /** What the reader of the result should know, such as that the page never finished loading. */
  warnings: string[]
}

/**
 * Brings the tab to the request's page and waits until its content is there: until the HTML is
 * parsed, then until scripts have stopped changing the page and loading for it (at most 5 s), then
 * `waitFor`. A page that never finishes leaves a quarter of the time, at most 5 s, for reading what
 * it has. Error statuses are pages, too. Dialogs are dismissed, downloads cancelled, a script that
 * runs for ever is interrupted.
 *
 * @throws ScrapeError when there is no page to read; the reason of the signal when it was aborted
 */
export async function loadInTab(tab: Tab, request: ScrapeRequest): Promise<OpenPage> {
  const { page, cdp, budget } = tab
  const events = new PageEvents(page)
  let traffic: DocumentTraffic | undefined
  try {
    const viewport = screenshotViewport(request)
    if (viewport) await budget.race(page.setViewportSize(viewport))
    traffic = await budget.race(DocumentTraffic.watch(cdp))
    const { url, headers } = request
    if (headers && Object.keys(headers).length > 0) {
      await budget.race(addFirstPartyHeaders(cdp, url, headers, (error) => events.fail(error)))
    }
    const loaded = await budget.race(Promise.race([load(tab, traffic, request), events.fatal]))
    return { loaded, traffic }
  } catch (error) {
    throw explain(await events.causeOf(error, budget), tab, traffic)
  } finally {
    events.dispose()
  }
}

async function load(
  tab: Tab,
  traffic: DocumentTraffic,
  request: ScrapeRequest,
): Promise<LoadedPage> {
  const { page, cdp, budget, explainTarget } = tab
  const { signal } = budget
  const reserve = Math.min(5_000, budget.remaining / 4)
  try {
    await page.goto(request.url, { waitUntil: 'commit', timeout: 0, signal })
  } catch (error) {
    if (hasNoDocument(error, traffic)) return result(traffic, [], true)
    if (!/interrupted by another navigation/.test(String(error))) throw error
  }
  throwIfFromProxy(tab, traffic)

  const loading = budget.part(Math.max(0, budget.remaining - reserve))
  const warnings: string[] = []
  const wanted = request.formats?.some((format) => nameOf(format) === 'screenshot')
  const finished = await settlePage(page, cdp, traffic, loading, {
    pictures: wanted ?? false,
    scripts: request.fastMode !== true,
  })
  if (budget.aborted) throw budget.reason
  if (!finished) warnings.push('The page did not finish loading; this is what had arrived.')
  if (request.waitFor) await loading.sleep(request.waitFor).catch(() => {})
  if (budget.aborted) throw budget.reason
  if (traffic.cut) {
    warnings.push('The page is larger than 10 MiB; only its beginning was loaded.')
  }
  // A script may have led it elsewhere.
  throwIfFromProxy(tab, traffic)
  await interruptIfStuck(tab)
  if (page.url().startsWith('chrome-error:')) {
    if (hasNoDocument(undefined, traffic)) return result(traffic, warnings, true)
    const { url, errorText } = traffic.failure ?? { url: request.url, errorText: 'ERR_FAILED' }
    throw (
      egressFailure(url, explainTarget) ?? networkFailure(errorText, url) ?? new Error(errorText)
    )
  }
  return result(traffic, warnings, false)
}

function throwIfFromProxy({ explainTarget }: Tab, { response }: DocumentTraffic): void {
  const problem = response?.fromProxy && egressFailure(response.url, explainTarget)
  if (problem) throw problem
}

function result(traffic: DocumentTraffic, warnings: string[], empty: boolean): LoadedPage {
  const { statusCode = 200, contentType } = traffic.response ?? {}
  // A browser with a viewer of its own shows it.
  if (contentType?.startsWith('application/pdf')) throw notAPage(contentType)
  return { statusCode, contentType, empty, warnings }
}

/**
 * Waits until what has been done to the page has shown: it may be on its way to another one.
 *
 * @returns the page as it is then
 */
export async function settleAfterActions(
  { page, cdp, budget }: Tab,
  { loaded, traffic }: OpenPage,
  options: { pictures: boolean },
): Promise<LoadedPage> {
  const settling = budget.part(
    Math.max(0, budget.remaining - Math.min(5_000, budget.remaining / 4)),
  )
  try {
    // What a click asks for is asked for a moment later.
    await traffic.quiet(100, settling.part(5_000))
  } catch (error) {
    if (budget.signal.aborted) throw error
  }
  await settlePage(page, cdp, traffic, settling, { ...options, scripts: true })
  if (budget.signal.aborted) throw budget.reason
  return result(traffic, loaded.warnings, loaded.empty)
}

function notAPage(contentType: string | undefined): ScrapeError {
  const type = contentType?.slice(0, 100) ?? 'of unknown type'
  const kind = type.startsWith('application/pdf')
    ? 'a PDF, which this server does not read'
    : 'a file'
  return new ScrapeError(
    'SCRAPE_UNSUPPORTED_FILE_ERROR',
    `The address does not lead to a page but to ${kind} (${type}). ` +
      'Code in a session can download it.',
  )
}

/** Chromium shows a page of its own when an error status has no body, and stays put at a 204. */
function hasNoDocument(error: unknown, traffic: DocumentTraffic): boolean {
  const statusCode = traffic.response?.statusCode ?? 0
  if (statusCode === 204 || statusCode === 205) return true
  const text = `${String(error)} ${traffic.failure?.errorText ?? ''}`
  return statusCode >= 400 && /ERR_HTTP_RESPONSE_CODE_FAILURE|ERR_INVALID_AUTH/.test(text)
}

function explain(
  error: unknown,
  { budget, explainTarget }: Tab,
  traffic: DocumentTraffic | undefined,
): Error {
  if (budget.signal.aborted) return budget.reason
  if (error instanceof ScrapeError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof DownloadStarted || message.includes('Download is starting')) {
    return notAPage(traffic?.response?.contentType)
  }
  const address = /at (https?:\S+)/.exec(message)?.[1] ?? traffic?.failure?.url ?? ''
  return (
    (message.includes('ERR_') ? egressFailure(address, explainTarget) : undefined) ??
    networkFailure(message, address) ??
    (error instanceof Error ? error : new Error(message))
  )
}

class DownloadStarted extends Error {}

/** Things that happen to a page while it loads, whoever caused them. */
class PageEvents {
  /** Rejects when the tab will never have a page. */
  readonly fatal: Promise<never>
  readonly #page: Page
  readonly #reject: (error: Error) => void

  constructor(page: Page) {
    const { promise, reject } = Promise.withResolvers<never>()
    // Only matters while somebody waits.
    promise.catch(() => {})
    this.fatal = promise
    this.#reject = reject
    this.#page = page
    page.on('dialog', this.#onDialog)
    page.on('download', this.#onDownload)
    page.on('crash', this.#onCrash)
    page.on('close', this.#onClose)
  }

  /** For what else is the end of the load. */
  fail(error: ScrapeError): void {
    this.#reject(error)
  }

  dispose(): void {
    this.#page.off('dialog', this.#onDialog)
    this.#page.off('download', this.#onDownload)
    this.#page.off('crash', this.#onCrash)
    this.#page.off('close', this.#onClose)
  }

  /** An aborted navigation has a reason, which may be reported a moment later. */
  async causeOf(error: unknown, budget: TimeBudget): Promise<unknown> {
    if (!String(error).includes('ERR_ABORTED')) return error
    try {
      return await budget.part(500).race(this.fatal)
    } catch (cause) {
      return cause instanceof ScrapeError && cause.code === 'SCRAPE_TIMEOUT' ? error : cause
    }
  }

  readonly #onDialog = (dialog: Dialog): void => {
    dialog.dismiss().catch(() => {})
  }

  readonly #onDownload = (download: Download): void => {
    download.cancel().catch(() => {})
    this.#reject(new DownloadStarted())
  }

  readonly #onClose = (): void => {
    this.#reject(new ScrapeError('SCRAPE_BROWSER_GONE', 'The browser ended while it loaded.'))
  }

  readonly #onCrash = (): void => {
    this.#reject(
      new ScrapeError('SCRAPE_SITE_ERROR', 'The page crashed the browser tab (too much memory?).'),
    )
  }
}

function nameOf(format: NonNullable<ScrapeRequest['formats']>[number]): string {
  return typeof format === 'string' ? format : format.type
}

function screenshotViewport(request: ScrapeRequest): { width: number; height: number } | undefined {
  for (const format of request.formats ?? []) {
    if (typeof format === 'object' && format.type === 'screenshot') return format.viewport
  }
  return undefined
}
