import type { Benchmark, BenchmarkContext } from '../benchmark.ts'
import { pairOptions } from '../benchmark.ts'
import { type Row, pairedRow } from '../report/row.ts'
import { samplePairs, timed } from '../sampling/paired-samples.ts'
import { launchPlainly } from '../subjects/plain-playwright.ts'

/** A page's HTML, from nothing to nothing. */
export const scrape: Benchmark = {
  name: 'scrape',
  async run(context) {
    const { plainPage, scriptedPage } = context.site
    return [
      await compare(context, 'scrape a local page of plain HTML', plainPage),
      // Here the scrape waits until the script has come to rest, and `content` does not.
      await compare(context, 'scrape a local page with a script', scriptedPage),
    ]
  },
}

async function compare(context: BenchmarkContext, what: string, url: string): Promise<Row> {
  const { engine, server, signal } = context
  const pairs = await samplePairs(
    {
      tandem: async () => {
        await server.untilWarm(signal)
        const duration = await timed(async () => {
          const { rawHtml } = await server.tandem.scrape(url, { formats: ['rawHtml'], signal })
          assertComplete(rawHtml)
        })
        await server.untilWarm(signal)
        return duration
      },
      playwright: () =>
        timed(async () => {
          const browser = await launchPlainly(engine)
          try {
            const page = await browser.newPage()
            await page.goto(url)
            assertComplete(await page.content())
          } finally {
            await browser.close()
          }
        }),
    },
    pairOptions(context, { samples: 15, seconds: 20 }),
  )
  return pairedRow({
    what,
    baseline: '`launch` → `newPage` → `goto` → `content` → `close`',
    pairs,
  })
}

function assertComplete(html: string | undefined): void {
  if (!html?.includes('</main>')) throw new Error('The page was not there.')
}
