import { expect, test } from 'vitest'
import { pairedRow } from './row.ts'
import { markdownTable } from './table.ts'

test('a row shows both sides, the ratio of the pairs, and whether the goal was met', () => {
  const pairs = [
    { tandem: 10, playwright: 20 },
    { tandem: 30, playwright: 40 },
    { tandem: 20, playwright: 100 },
  ]
  const row = pairedRow({
    what: 'a | b',
    baseline: '`launch`',
    pairs,
    goal: ({ p50, p95, ratio }) => ({ text: '≤ 20 ms', met: p50 <= 20 && p95 < 30 && ratio < 1 }),
  })
  const lines = markdownTable([row, { what: 'left', tandem: '3', n: 1, data: {} }]).split('\n')
  const cells = lines.map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
  expect(cells[2]?.slice(1, -1)).toEqual([
    'a \\| b',
    '20.0 / 29.0 ms',
    '40.0 / 94.0 ms (`launch`)',
    '0.50 ×',
    '3',
    '≤ 20 ms',
    'yes',
  ])
  expect(cells[3]?.slice(1, -1)).toEqual(['left', '3', '–', '–', '1', '–', '–'])
})

test('a goal that is not met stands out', () => {
  const goal = { text: '0', met: false }
  expect(markdownTable([{ what: 'left', tandem: '3', n: 1, goal, data: {} }])).toContain('**no**')
})
