import type { RunResult } from '../run-benchmarks.ts'
import { seconds } from './format.ts'
import { loadWarning, machineText } from './machine.ts'
import { markdownTable } from './table.ts'

/** The result as Markdown: the table, what it was measured on, and what was not measured. */
export function report(result: RunResult): string {
  const { machine, isolation, rows, failures, loadAfter, duration } = result
  const load = `load ${machine.loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} after`
  const warning = loadWarning(machine)
  return [
    markdownTable(rows),
    'Durations are p50 / p95; a ratio is the median of the ratios of the pairs.',
    `${machineText(machine)}; isolation: ${isolation}. Took ${seconds(duration)}; ${load}.`,
    ...(warning === undefined ? [] : [warning]),
    ...failures.map(({ name, message }) => `**${name} could not be measured:** ${message}`),
  ].join('\n\n')
}
