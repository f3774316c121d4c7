import type { Row } from './row.ts'

const header = [
  'what',
  'Tandem',
  'plain Playwright, same engine, same run',
  'ratio',
  'n',
  'goal',
  'met',
]

/** The rows as a Markdown table. Durations are p50 / p95. */
export function markdownTable(rows: readonly Row[]): string {
  const lines = rows.map(({ what, tandem, baseline, ratio, n, goal }) => [
    what,
    tandem,
    baseline ? `${baseline.measured} (${baseline.what})` : '–',
    ratio === undefined ? '–' : `${ratio.toFixed(2)} ×`,
    String(n),
    goal?.text ?? '–',
    goal ? (goal.met ? 'yes' : '**no**') : '–',
  ])
  const cells = [header, ...lines].map((line) => line.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = header.map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  )
  const line = (texts: string[], fill = ' '): string =>
    `| ${widths.map((width, column) => (texts[column] ?? '').padEnd(width, fill)).join(' | ')} |`
  const [first = [], ...rest] = cells
  return [line(first), line([], '-'), ...rest.map((texts) => line(texts))].join('\n')
}
