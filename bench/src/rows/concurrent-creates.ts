import type { Session } from '@tandem-browser/core'
import type { Browser } from 'playwright-core'
import type { Benchmark } from '../benchmark.ts'
import { pairOptions } from '../benchmark.ts'
import { seconds } from '../report/format.ts'
import { pairedRow } from '../report/row.ts'
import { samplePairs } from '../sampling/paired-samples.ts'
import { launchPlainly } from '../subjects/plain-playwright.ts'

const count = 20

/** Milliseconds until the last one must be ready. */
const goal = 6_000

/** What happens when everybody comes at once. */
export const concurrentCreates: Benchmark = {
  name: 'concurrent',
  async run(context) {
    const { engine, server, signal } = context
    const failures = { tandem: 0, playwright: 0 }
    const pairs = await samplePairs(
      {
        tandem: async () => {
          await server.untilWarm(signal)
          const { made, failed, duration } = await makeAll<Session>(() =>
            server.tandem.sessions.create({ signal }),
          )
          await Promise.all(made.map((session) => session.delete()))
          failures.tandem += failed
          await server.untilWarm(signal)
          return duration
        },
        playwright: async () => {
          const { made, failed, duration } = await makeAll<Browser>(async () => {
            const browser = await launchPlainly(engine)
            await browser.newPage()
            return browser
          })
          await Promise.all(made.map((browser) => browser.close()))
          failures.playwright += failed
          return duration
        },
      },
      pairOptions(context, { samples: 3, seconds: 15, warmups: 0 }),
    )
    signal.throwIfAborted()
    const row = pairedRow({
      what: `${count} creates at once, last one ready`,
      baseline: `${count} × \`launch\` → \`newPage\``,
      pairs,
      goal: ({ p95 }) => ({
        text: `≤ ${seconds(goal)}, none failed`,
        met: p95 <= goal && failures.tandem === 0,
      }),
    })
    const attempts = count * pairs.length
    return [
      {
        ...row,
        tandem: `${row.tandem}; ${failures.tandem} of ${attempts} failed`,
        data: { ...row.data, count, failures },
      },
    ]
  },
}

async function makeAll<Made>(
  make: () => Promise<Made>,
): Promise<{ made: Made[]; failed: number; duration: number }> {
  const start = performance.now()
  const outcomes = await Promise.allSettled(Array.from({ length: count }, make))
  const duration = performance.now() - start
  const made = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  )
  return { made, failed: count - made.length, duration }
}
