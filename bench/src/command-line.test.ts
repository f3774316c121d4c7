import { expect, test } from 'vitest'
import { benchmarks } from './benchmarks.ts'
import { UsageError, helpText, parseCommandLine } from './command-line.ts'

test('without flags everything is measured, each row in its own measure', () => {
  expect(parseCommandLine([], benchmarks)).toEqual({
    help: false,
    benchmarks,
    settings: { samples: undefined, sessions: undefined, quick: false },
    output: undefined,
  })
})

test('--only keeps the order of the table', () => {
  const { benchmarks: chosen } = parseCommandLine(['--only', 'churn, create'], benchmarks)
  expect(chosen.map(({ name }) => name)).toEqual(['create', 'churn'])
})

test.each([
  [['--only', 'creates'], '"creates", which is none of create, '],
  [['--samples', '1'], '--samples is "1"; it must be a whole number from 2 to 100000.'],
  [['--samples', '1e3'], '--samples is "1e3"'],
  [['--sessions', '1001'], 'from 10 to 1000'],
  [['--fast'], '--fast'],
  [['create'], 'create'],
])('%j is refused with a sentence', (args, sentence) => {
  expect(() => parseCommandLine(args, benchmarks)).toThrow(UsageError)
  expect(() => parseCommandLine(args, benchmarks)).toThrow(sentence)
})

test('the help names every benchmark once', () => {
  const names = benchmarks.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(helpText(benchmarks)).toContain(name)
})
