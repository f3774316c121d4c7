import type { Browser, BrowserContext, Page } from 'playwright-core'

/** A live session as Playwright sees it. */
export interface Connection {
  /** Emits `disconnected` when the session ends or the connection is lost. */
  readonly browser: Browser
  /** The default context: its cookies, storage and pages are the session's own. */
  readonly context: BrowserContext
  readonly page: Page
  /**
   * Leaves the session, which goes on: its pages stay as they are, and it still counts and costs
   * until it is ended where it was made. Contexts that were made over this connection are
   * closed. Never rejects, may be repeated, and takes at most 5 s even when nothing answers.
   */
  readonly disconnect: () => Promise<void>
  /** The same as `disconnect`, so that `await using` never ends a session either. */
  [Symbol.asyncDispose](): Promise<void>
}

/** The socket that is not closed politely by then is cut by Playwright, within 30 s. */
const GOODBYE_MS = 5_000

export function connectionOver(browser: Browser, context: BrowserContext, page: Page): Connection {
  let leaving: Promise<void> | undefined
  const disconnect = () => (leaving ??= leave(browser))
  return { browser, context, page, disconnect, [Symbol.asyncDispose]: disconnect }
}

/**
 * Closes the connection, after a page that is still being opened has been closed again.
 * Playwright's `close` of a browser that it attached to only disconnects from it.
 */
export async function leave(browser: Browser, opening?: Promise<Page>): Promise<void> {
  if (opening)
    await atMost(
      GOODBYE_MS,
      opening.then((page) => page.close()),
    )
  await atMost(GOODBYE_MS, browser.close())
}

/** Waits for `work` to end in any way, but not longer than `ms`. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work.catch(() => {}), patience])
  clearTimeout(timer)
}
