import type { Benchmark } from '../benchmark.ts'
import { pairOptions } from '../benchmark.ts'
import { pairedRow } from '../report/row.ts'
import { samplePairs } from '../sampling/paired-samples.ts'
import { launchPlainly } from '../subjects/plain-playwright.ts'

/** How long it takes until there is a page to work with. */
export const createSession: Benchmark = {
  name: 'create',
  async run(context) {
    const { engine, server, signal } = context
    const pairs = await samplePairs(
      {
        tandem: async () => {
          const start = performance.now()
          const session = await server.tandem.sessions.create({ signal })
          const duration = performance.now() - start
          await session.delete()
          return duration
        },
        playwright: async () => {
          const start = performance.now()
          const browser = await launchPlainly(engine)
          try {
            await browser.newPage()
            return performance.now() - start
          } finally {
            await browser.close()
          }
        },
      },
      pairOptions(context, { samples: 25, seconds: 15 }),
    )
    return [
      pairedRow({
        what: 'create a session',
        baseline: '`launch` → `newPage`',
        pairs,
        goal: ({ p50, p95 }) => ({ text: '≤ 10 / ≤ 50 ms', met: p50 <= 10 && p95 <= 50 }),
      }),
    ]
  },
}
