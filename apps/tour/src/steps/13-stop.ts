import { connect, ConnectError } from '@tandem-browser/playwright-connect'

import { ExpectationError, must, mustBe } from '../expectation.ts'
import type { Step } from '../step.ts'

/** `DELETE /v2/scrape/{id}/interact`: the browser ends, and everybody is told. */
export const stop: Step = {
  title: 'Stop the session',

  async run(tour) {
    const { browser, disconnect } = tour.given('connection')
    const disconnected = new Promise<void>((resolve) =>
      browser.once('disconnected', () => resolve()),
    )
    const { sessionDurationMs } = await tour.tandem.stopInteraction(tour.given('scrapeId'), {
      signal: tour.signal,
    })
    must(
      'the life of the session',
      sessionDurationMs,
      'a number of milliseconds',
      sessionDurationMs !== undefined,
    )
    await disconnected
    await disconnect()
    mustBe('Playwright’s connection', browser.isConnected(), false)
    mustBe(
      'the status of a new connection',
      await statusOfNewConnection(tour.given('interaction')),
      410,
    )
    return `after ${(sessionDurationMs / 1000).toFixed(1)} s; a new connection is refused with 410`
  },
}

async function statusOfNewConnection(session: { cdpUrl: string }): Promise<number | undefined> {
  try {
    await connect(session)
  } catch (error) {
    if (ConnectError.isInstance(error)) return error.status
    throw error
  }
  throw new ExpectationError('a new connection', 'refused', 'opened')
}
