import type { Benchmark, BenchmarkContext } from '../benchmark.ts'
import { pairOptions } from '../benchmark.ts'
import { type Row, pairedRow } from '../report/row.ts'
import { samplePairs } from '../sampling/paired-samples.ts'
import { launchPlainly } from '../subjects/plain-playwright.ts'
import type { ServerUnderTest } from '../subjects/server-under-test.ts'

/** How long it takes until there is a page to work with: one that was ready, and one that was not. */
export const createSession: Benchmark = {
  name: 'create',
  async run(context) {
    const warm = await measure(context, context.server, {
      what: 'create a session',
      goal: ({ p50, p95 }) => ({ text: '≤ 10 / ≤ 50 ms', met: p50 <= 10 && p95 <= 50 }),
    })
    const server = await context.startServer({ poolSize: 0 })
    try {
      return [warm, await measure(context, server, { what: 'create a session, none kept ready' })]
    } finally {
      await server.close()
    }
  },
}

async function measure(
  context: BenchmarkContext,
  server: ServerUnderTest,
  row: Pick<Parameters<typeof pairedRow>[0], 'what' | 'goal'>,
): Promise<Row> {
  const { engine, signal } = context
  const pairs = await samplePairs(
    {
      tandem: async () => {
        await server.untilWarm(signal)
        const start = performance.now()
        const session = await server.tandem.sessions.create({ signal })
        const duration = performance.now() - start
        await session.delete()
        // What takes its place is made meanwhile, and must not slow the other side down.
        await server.untilWarm(signal)
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
    pairOptions(context, { samples: 25, seconds: 25 }),
  )
  return pairedRow({ ...row, baseline: '`launch` → `newPage`', pairs })
}
