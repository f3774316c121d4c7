import { type Pair, medianRatio } from '../sampling/paired-samples.ts'
import { summarize } from '../sampling/statistics.ts'
import { milliseconds } from './format.ts'

/** One line of the table. */
export interface Row {
  what: string
  /** What was measured, ready to be read. */
  tandem: string
  /** What plain Playwright did for comparison, as code, and what it took. */
  baseline?: { what: string; measured: string }
  /** Tandem's figure divided by plain Playwright's. */
  ratio?: number
  /** Samples a side. */
  n: number
  goal?: Goal
  /** The same in numbers, for programs. */
  data: Readonly<Record<string, unknown>>
}

export interface Goal {
  text: string
  met: boolean
}

/** A row of milliseconds, measured in pairs: the 50th and the 95th percentile of each side. */
export function pairedRow(options: {
  what: string
  baseline: string
  pairs: readonly Pair[]
  goal?: ((figures: { p50: number; p95: number; ratio: number }) => Goal) | undefined
}): Row {
  const { what, baseline, pairs, goal } = options
  const samples = {
    tandem: pairs.map((pair) => pair.tandem),
    playwright: pairs.map((pair) => pair.playwright),
  }
  const tandem = summarize(samples.tandem)
  const playwright = summarize(samples.playwright)
  const ratio = medianRatio(pairs)
  return {
    what,
    tandem: milliseconds(tandem.p50, tandem.p95),
    baseline: { what: baseline, measured: milliseconds(playwright.p50, playwright.p95) },
    ratio,
    n: pairs.length,
    ...(goal ? { goal: goal({ p50: tandem.p50, p95: tandem.p95, ratio }) } : {}),
    data: { unit: 'ms', tandem, playwright, samples },
  }
}
