import type { ScrapeAction, ScrapeRequest } from '@tandem-browser/core'
import type { Page } from 'playwright-core'

import { type ScrapedPage, extractDocument } from './extract-document.ts'
import { loadInTab, settleAfterActions } from './load-page.ts'
import { runActions } from './page-actions.ts'
import { withTab } from './tab.ts'
import { type ScrapeLimits, TimeBudget } from './time-budget.ts'

/** A page that was scraped. */
export interface Scraped {
  document: ScrapedPage
  /** Whether the page in the tab is what it was for a visitor, so that somebody can go on with it. */
  intact: boolean
}

/**
 * Loads the request's page (see `loadInTab`), does its actions (see `runActions`) and reads it (see
 * `extractDocument`), all within the request's timeout, default 30 s, or the deadline that is given.
 *
 * @throws ScrapeError with the code and HTTP status to answer with; the reason of the signal when it
 *   was aborted. The page may be closed or used again in either case.
 */
export function scrapePage(
  page: Page,
  request: ScrapeRequest,
  limits: ScrapeLimits = {},
): Promise<Scraped> {
  const budget = TimeBudget.of(request, limits)
  const { explainTarget } = limits
  return withTab(page, { budget, thrownAway: true, explainTarget }, async (tab) => {
    const open = await loadInTab(tab, request)
    const actions = request.actions && (await runActions(tab, request.actions))
    const pictures = JSON.stringify(request.formats ?? []).includes('"screenshot"')
    const loaded = actions ? await settleAfterActions(tab, open, { pictures }) : open.loaded
    const read = await extractDocument(tab.cdp, request, loaded, budget)
    const document = actions ? { ...read, actions } : read
    return { document, intact: !loaded.empty && tab.interrupted !== true }
  })
}

/** Actions that change the page or wait for it; what the others give, nobody wants twice. */
const replayed = new Set<ScrapeAction['type']>([
  ...(['wait', 'click', 'write', 'press', 'scroll', 'executeJavascript'] as const),
])

/**
 * Brings the tab to the page of an earlier scrape: loads it and does again what changed it.
 *
 * @throws as `scrapePage` does
 */
export function replayPage(
  page: Page,
  request: ScrapeRequest,
  limits: ScrapeLimits = {},
): Promise<void> {
  const budget = TimeBudget.of(request, limits)
  const { explainTarget } = limits
  return withTab(page, { budget, thrownAway: false, explainTarget }, async (tab) => {
    const open = await loadInTab(tab, request)
    const actions = (request.actions ?? []).filter(({ type }) => replayed.has(type))
    if (actions.length === 0) return
    await runActions(tab, actions)
    await settleAfterActions(tab, open, { pictures: false })
  })
}
