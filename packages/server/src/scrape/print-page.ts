import type { PaperFormat } from '@tandem-browser/core'
import type { CDPSession } from 'playwright-core'

import type { TimeBudget } from './time-budget.ts'

/** Inches, upright. */
const papers: Readonly<Record<PaperFormat, readonly [width: number, height: number]>> = {
  A0: [33.11, 46.81],
  A1: [23.39, 33.11],
  A2: [16.54, 23.39],
  A3: [11.69, 16.54],
  A4: [8.27, 11.69],
  A5: [5.83, 8.27],
  A6: [4.13, 5.83],
  Letter: [8.5, 11],
  Legal: [8.5, 14],
  Tabloid: [11, 17],
  Ledger: [17, 11],
}

/**
 * Prints the page, with its backgrounds.
 *
 * @returns a data URL
 */
export async function printPage(
  cdp: CDPSession,
  options: { format?: PaperFormat; landscape?: boolean; scale?: number },
  budget: TimeBudget,
): Promise<string> {
  const { format = 'Letter', landscape = false, scale = 1 } = options
  const [paperWidth, paperHeight] = papers[format]
  const { data } = await budget.race(
    cdp.send('Page.printToPDF', {
      ...{ paperWidth, paperHeight, landscape, scale },
      printBackground: true,
    }),
  )
  return `data:application/pdf;base64,${data}`
}
