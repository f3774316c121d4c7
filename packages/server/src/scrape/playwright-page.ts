import type { Page } from 'playwright-core'
import { PlaywrightTransport } from '../cdp/playwright-transport.ts'
import type { Session } from '../sessions/session.ts'

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
    const browser = await chromium.connectOverCDP(transport, { timeout: connectDeadline })
    const context = browser.contexts()[0] ?? (await browser.newContext())
    return await task(context.pages()[0] ?? (await context.newPage()))
  } finally {
    client.close('The task is done.')
  }
}
