import { chromium } from 'playwright-core'
import type { Benchmark } from '../benchmark.ts'
import { pairOptions } from '../benchmark.ts'
import { pairedRow } from '../report/row.ts'
import { samplePairs, timed } from '../sampling/paired-samples.ts'
import { launchPlainly } from '../subjects/plain-playwright.ts'

/** A whole short life: what a script pays that opens one page and goes. */
export const roundTrip: Benchmark = {
  name: 'round-trip',
  async run(context) {
    const { engine, server, site, signal } = context
    const pairs = await samplePairs(
      {
        tandem: async () => {
          await server.untilWarm(signal)
          const duration = await timed(async () => {
            const session = await server.tandem.sessions.create({ signal })
            try {
              const browser = await chromium.connectOverCDP(session.cdpUrl)
              const [page] = browser.contexts()[0]?.pages() ?? []
              if (!page) throw new Error('The session has no page.')
              const response = await page.goto(site.plainPage)
              if (!response?.ok()) throw new Error('The session did not reach the page.')
            } finally {
              await session.delete()
            }
          })
          // What takes its place must not slow the other side down.
          await server.untilWarm(signal)
          return duration
        },
        playwright: () =>
          timed(async () => {
            const browser = await launchPlainly(engine)
            try {
              const page = await browser.newPage()
              await page.goto(site.plainPage)
            } finally {
              await browser.close()
            }
          }),
      },
      pairOptions(context, { samples: 20, seconds: 30 }),
    )
    return [
      pairedRow({
        what: 'create → `connectOverCDP` → `goto` → delete',
        baseline: '`launch` → `newPage` → `goto` → `close`',
        pairs,
        goal: ({ ratio }) => ({ text: '≤ 0.7 ×', met: ratio <= 0.7 }),
      }),
    ]
  },
}
