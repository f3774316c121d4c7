import type { Page } from 'playwright-core'
import type { Session } from '@tandem-browser/core'
import type { Benchmark, BenchmarkContext } from '../benchmark.ts'
import { pairOptions } from '../benchmark.ts'
import { type Row, pairedRow } from '../report/row.ts'
import { samplePairs, timed } from '../sampling/paired-samples.ts'
import { launchPlainly } from '../subjects/plain-playwright.ts'

interface Comparison {
  code: string
  baseline: string
  inPlaywright: (page: Page) => Promise<unknown>
  /** Milliseconds. */
  goal: number
}

const comparisons: readonly Comparison[] = [
  {
    code: '1 + 1',
    // There is no kernel in Playwright: the page is the nearest place that evaluates code.
    baseline: "`page.evaluate('1 + 1')`",
    inPlaywright: (page) => page.evaluate('1 + 1'),
    goal: 3,
  },
  {
    code: 'await page.title()',
    baseline: '`page.title()`',
    inPlaywright: (page) => page.title(),
    goal: 6,
  },
]

/** Code in a warm node kernel, over HTTP. */
export const execute: Benchmark = {
  name: 'execute',
  async run(context) {
    const { engine, server, site, signal } = context
    const browser = await launchPlainly(engine)
    try {
      const page = await browser.newPage()
      await page.goto(site.plainPage)
      const session = await server.tandem.sessions.create({ signal })
      try {
        await run(session, `await page.goto('${site.plainPage}')`)
        await server.untilWarm(signal)
        const rows: Row[] = []
        for (const comparison of comparisons) {
          rows.push(await compare(context, session, page, comparison))
        }
        return rows
      } finally {
        await session.delete()
      }
    } finally {
      await browser.close()
    }
  },
}

async function compare(
  context: BenchmarkContext,
  session: Session,
  page: Page,
  { code, baseline, inPlaywright, goal }: Comparison,
): Promise<Row> {
  const pairs = await samplePairs(
    {
      tandem: () => timed(() => run(session, code)),
      playwright: () => timed(() => inPlaywright(page)),
    },
    // A server that has been asked for a while runs optimized code.
    pairOptions(context, { samples: 400, seconds: 8, warmups: 300 }),
  )
  return pairedRow({
    what: `execute \`${code}\` in node`,
    baseline,
    pairs,
    goal: ({ p50 }) => ({ text: `≤ ${goal} ms`, met: p50 <= goal }),
  })
}

async function run(session: Session, code: string): Promise<void> {
  const execution = await session.execute(code)
  if (!execution.ok) throw new Error(`${code} failed: ${execution.stderr}`)
}
