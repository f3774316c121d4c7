import type { ScrapeRequest } from '@tandem-browser/core'
import type { Page } from 'playwright-core'

import { type ScrapedPage, extractDocument } from './extract-document.ts'
import { loadInTab } from './load-page.ts'
import { withTab } from './tab.ts'
import { type ScrapeLimits, TimeBudget } from './time-budget.ts'

/**
 * Loads the request's page (see `loadPage`) and reads it (see `extractDocument`), both within the
 * request's timeout, default 30 s, or the deadline that is given.
 *
 * @throws ScrapeError with the code and HTTP status to answer with; the reason of the signal when it
 *   was aborted. The page may be closed or used again in either case.
 */
export function scrapePage(
  page: Page,
  request: ScrapeRequest,
  limits: ScrapeLimits = {},
): Promise<ScrapedPage> {
  const budget = TimeBudget.of(request, limits)
  const { explainTarget } = limits
  return withTab(page, { budget, thrownAway: true, explainTarget }, async (tab) => {
    const loaded = await loadInTab(tab, request)
    return extractDocument(tab.cdp, request, loaded, budget)
  })
}
