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
        tandem: () =>
          timed(async () => {
            const session = await server.tandem.sessions.create({ signal })
            try {
              const browser = await chromium.connectOverCDP(session.cdpUrl)
              const [page] = browser.contexts()[0]?.pages() ?? []
              if (!page) throw new Error('The session has no page.')
              await page.goto(site.plainPage)
            } finally {
              await session.delete()
            }
          }),
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
      pairOptions(context, { samples: 20, seconds: 15 }),
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
