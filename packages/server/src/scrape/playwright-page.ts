import type { BrowserType, Page } from 'playwright-core'
import { PlaywrightTransport } from '../cdp/playwright-transport.ts'
import type { Session } from '../sessions/session.ts'
import { ScrapeError } from './scrape-error.ts'

/** Milliseconds until Playwright must have the page. */
const connectDeadline = 15_000

/**
 * Gives a task the session's page as Playwright has it, and disconnects
 * afterwards; the page itself stays as the task left it.
 */
export async function withPlaywrightPage<Result>(
  session: Session,
  task: (page: Page) => Promise<Result>,
): Promise<Result> {
  // Loaded at the first scrape: it takes a third of a second that a start need not wait for.
  const { chromium } = await import('playwright-core')
  const transport = new PlaywrightTransport({
    send: (message) => client.receive(message),
    close: () => client.close('Playwright disconnected.'),
  })
  const client = await session.connect({
    send: (message) => transport.deliver(message),
    close: (reason) => transport.disconnect(reason),
  })
  try {
    return await task(await firstPage(chromium, transport))
  } finally {
    client.close('The task is done.')
  }
}

async function firstPage(chromium: BrowserType, transport: PlaywrightTransport): Promise<Page> {
  try {
    const browser = await chromium.connectOverCDP(transport, { timeout: connectDeadline })
    const context = browser.contexts()[0] ?? (await browser.newContext())
    return context.pages()[0] ?? (await context.newPage())
  } catch (cause) {
    throw new ScrapeError('SCRAPE_BROWSER_GONE', 'The browser ended, or does not answer.', {
      cause,
    })
  }
}
