import type { RunResult } from '../run-benchmarks.ts'
import { seconds } from './format.ts'
import { busynessText, machineText } from './machine.ts'
import { markdownTable } from './table.ts'

/** The result as Markdown: the table, what it was measured on, and what was not measured. */
export function report(result: RunResult): string {
  const { machine, isolation, rows, failures, busyness, duration } = result
  return [
    markdownTable(rows),
    'Durations are p50 / p95; a ratio is the median of the ratios of the pairs.',
    `${machineText(machine)}; isolation: ${isolation}. Took ${seconds(duration)}.`,
    busynessText(busyness),
    ...failures.map(({ name, message }) => `**${name} could not be measured:** ${message}`),
  ].join('\n\n')
}
