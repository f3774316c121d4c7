import type { Page } from 'playwright-core'
import { type Language, NotConfiguredError, type Session } from '@tandem-browser/core'
import type { Benchmark, BenchmarkContext } from '../benchmark.ts'
import { pairOptions } from '../benchmark.ts'
import { type Row, pairedRow } from '../report/row.ts'
import { samplePairs, timed } from '../sampling/paired-samples.ts'
import { launchPlainly } from '../subjects/plain-playwright.ts'

interface Comparison {
  language: Language
  code: string
  baseline: string
  inPlaywright: (page: Page) => Promise<unknown>
  /** Milliseconds. */
  goal: number
}

const comparisons: readonly Comparison[] = [
  {
    language: 'node',
    code: '1 + 1',
    // There is no kernel in Playwright: the page is the nearest place that evaluates code.
    baseline: "`page.evaluate('1 + 1')`",
    inPlaywright: (page) => page.evaluate('1 + 1'),
    goal: 3,
  },
  {
    language: 'node',
    code: 'await page.title()',
    baseline: '`page.title()`',
    inPlaywright: (page) => page.title(),
    goal: 6,
  },
  {
    language: 'python',
    code: '1 + 1',
    baseline: "`page.evaluate('1 + 1')`",
    inPlaywright: (page) => page.evaluate('1 + 1'),
    goal: 6,
  },
  {
    language: 'bash',
    code: 'true',
    baseline: "`page.evaluate('1 + 1')`",
    inPlaywright: (page) => page.evaluate('1 + 1'),
    goal: 15,
  },
  {
    language: 'bash',
    code: 'agent-browser get url',
    baseline: "`page.evaluate('location.href')`",
    inPlaywright: (page) => page.evaluate('location.href'),
    goal: 80,
  },
]

/** Code in a warm kernel, over HTTP. */
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
          if (await isRunnable(session, comparison)) {
            rows.push(await compare(context, session, page, comparison))
          }
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
  { language, code, baseline, inPlaywright, goal }: Comparison,
): Promise<Row> {
  const pairs = await samplePairs(
    {
      tandem: () => timed(() => run(session, code, language)),
      playwright: () => timed(() => inPlaywright(page)),
    },
    // A server that has been asked for a while runs optimized code.
    pairOptions(context, { samples: 400, seconds: 8, warmups: 300 }),
  )
  return pairedRow({
    what: `execute \`${code}\` in ${language}`,
    baseline,
    pairs,
    goal: ({ p50 }) => ({ text: `≤ ${goal} ms`, met: p50 <= goal }),
  })
}

async function run(session: Session, code: string, language: Language = 'node'): Promise<void> {
  const execution = await session.execute(code, { language })
  if (!execution.ok) throw new Error(`${code} failed: ${execution.stderr}`)
}

/** Python is there only where the set-up could bring it. */
async function isRunnable(session: Session, { code, language }: Comparison): Promise<boolean> {
  try {
    await run(session, code, language)
    return true
  } catch (error) {
    if (NotConfiguredError.isInstance(error)) return false
    throw error
  }
}
