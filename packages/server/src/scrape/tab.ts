import type { CDPSession, Page } from 'playwright-core'

import type { ExplainTarget } from './egress-failure.ts'
import { DocumentGoneError, evaluateIsolated } from './isolated-world.ts'
import { ScrapeError } from './scrape-error.ts'
import type { TimeBudget } from './time-budget.ts'

/** A page whose scripts have not let anything else run for so long (milliseconds) is stuck. */
const patience = 1_500

/** A page, and what a task needs to work with it. */
export interface Tab {
  page: Page
  cdp: CDPSession
  budget: TimeBudget
  /** The page is only read, so a script that runs for ever may be ended for good. */
  thrownAway: boolean
  /** Whether a script was ended, so that the page is not what it would have become. */
  interrupted?: boolean
  explainTarget: ExplainTarget | undefined
}

/**
 * Gives a task a CDP session of the page, and errors that a caller of the API may see. One session
 * for the whole task: one that is attached while a script runs for ever cannot interrupt it.
 */
export async function withTab<T>(
  page: Page,
  options: Omit<Tab, 'page' | 'cdp'>,
  task: (tab: Tab) => Promise<T>,
): Promise<T> {
  const { budget } = options
  let cdp: CDPSession | undefined
  try {
    cdp = await budget.race(page.context().newCDPSession(page))
    return await task({ ...options, page, cdp })
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
 * Interrupts a script that does not let anything else run in its page. Unless the page is thrown
 * away, its next timer may start the same script.
 */
export async function interruptIfStuck(tab: Tab): Promise<void> {
  const { cdp, budget, thrownAway } = tab
  const patient = budget.part(Math.min(patience, budget.remaining / 3))
  try {
    await evaluateIsolated(cdp, '0', patient)
  } catch (error) {
    if (error instanceof DocumentGoneError) return
    if (!patient.signal.aborted || budget.signal.aborted) throw error
    tab.interrupted = true
    // First, and not waited for, so that nothing can start between the two.
    if (thrownAway)
      cdp.send('Emulation.setScriptExecutionDisabled', { value: true }).catch(() => {})
    await budget.race(cdp.send('Runtime.terminateExecution'))
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
