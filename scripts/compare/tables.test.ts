import { expect, test } from 'vitest'
import type { Subject } from './subjects.ts'
import { importTable, type SizeRow, sizeTable } from './tables.ts'

const framework = { name: 'framework', version: '6.0.0' }
const tool: Subject = { name: 'tool', beside: framework }
const other: Subject = { name: 'other', version: '1.0.0', beside: framework }

const row = (subject: Subject, more: Partial<SizeRow>): SizeRow => ({
  ...{ subject, version: subject.version ?? '0.0.0', bytes: 0, packages: 1, dependencies: 0 },
  bundles: { node: { bytes: 2048 }, web: { bytes: 1024 } },
  ...more,
})

const cellsOf = (table: string): string[][] =>
  table.split('\n').map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )

test('a tool says what it adds to its framework, whose own bundle is not of interest', () => {
  const missing = ['node:fs', 'node:http', 'node:net', 'node:tls']
  const [, , ...rows] = cellsOf(
    sizeTable([
      row(framework, { bytes: 10 * 1024 ** 2, packages: 11, dependencies: 4 }),
      row(tool, { bytes: 10.5 * 1024 ** 2, packages: 13, dependencies: 1 }),
      row(other, {
        bytes: 25 * 1024 ** 2,
        packages: 12,
        bundles: { node: { bytes: 1 }, web: { missing } },
      }),
    ]),
  )
  expect(rows).toEqual([
    ['framework 6.0.0', '10.0 MB, 11 packages', '–', '4', '–', '–'],
    [
      '**tool** with framework 6.0.0',
      '10.5 MB, 13 packages',
      '512 kB, 2 packages',
      '1',
      '2.0 kB',
      '1.0 kB',
    ],
    [
      'other 1.0.0 with framework 6.0.0',
      '25.0 MB, 12 packages',
      '15.0 MB, 1 package',
      '0',
      '0.0 kB',
      'cannot be made: needs `node:fs`, `node:http`, `node:net` and 1 more',
    ],
  ])
})

test('import times have the middle and how far they lie apart', () => {
  const time = { median: 12.4, quarters: [11.6, 15] as const, count: 21 }
  const [, , ...rows] = cellsOf(importTable([{ subject: tool, version: '0.0.0', time }]))
  expect(rows).toEqual([['**tool** with framework 6.0.0', '12 ms', '12 to 15 ms']])
})
