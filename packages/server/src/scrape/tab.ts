import type { CDPSession, Page } from 'playwright-core'

import { DocumentGoneError, evaluateIsolated } from './isolated-world.ts'
import { ScrapeError } from './scrape-error.ts'
import type { TimeBudget } from './time-budget.ts'

/** A page whose scripts have not let anything else run for so long (milliseconds) is stuck. */
const patience = 1_500

/**
 * Gives a task a CDP session of the page, and errors that a caller of the API may see. One session
 * for the whole task: one that is attached while a script runs for ever cannot interrupt it.
 */
export async function withTab<T>(
  page: Page,
  budget: TimeBudget,
  task: (cdp: CDPSession) => Promise<T>,
): Promise<T> {
  let cdp: CDPSession | undefined
  try {
    cdp = await budget.race(page.context().newCDPSession(page))
    return await task(cdp)
  } catch (error) {
    // Whatever the tab is still doing is of no use any more, and must not keep it from closing.
    cdp?.send('Page.stopLoading').catch(() => {})
    cdp?.send('Runtime.terminateExecution').catch(() => {})
    throw explain(error, page, budget)
  } finally {
    // Undoes all that was set on it. Not waited for: a busy page answers late, a closed one never.
    cdp?.detach().catch(() => {})
  }
}

/**
 * Interrupts a script that does not let anything else run in its page.
 *
 * @returns true when there was one
 */
export async function interruptIfStuck(cdp: CDPSession, budget: TimeBudget): Promise<boolean> {
  const patient = budget.part(Math.min(patience, budget.remaining / 3))
  try {
    await evaluateIsolated(cdp, '0', patient)
    return false
  } catch (error) {
    if (error instanceof DocumentGoneError) return false
    if (!patient.signal.aborted || budget.signal.aborted) throw error
    await budget.race(cdp.send('Runtime.terminateExecution'))
    return true
  }
}

function explain(error: unknown, page: Page, budget: TimeBudget): Error {
  if (budget.signal.aborted) return budget.reason
  if (error instanceof ScrapeError) return error
  if (page.isClosed() || /has been closed|Target closed|crashed/.test(String(error))) {
    return new ScrapeError('SCRAPE_BROWSER_GONE', 'The browser ended while the page was scraped.', {
      cause: error,
    })
  }
  return new ScrapeError('UNKNOWN_ERROR', 'The page could not be scraped.', { cause: error })
}
