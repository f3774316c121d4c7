import { parseArgs } from 'node:util'
import type { Benchmark, Settings } from './benchmark.ts'

/** The command line is wrong; the message says how it would be right. */
export class UsageError extends Error {
  override name = 'UsageError'
}

export interface CommandLine {
  help: boolean
  benchmarks: readonly Benchmark[]
  settings: Settings
  /** Folder for the results; undefined: `bench/results`. */
  output: string | undefined
}

export function helpText(all: readonly Benchmark[]): string {
  return `Measures Tandem and plain Playwright in turn, on the same engine.

  npm run bench -- [flags]

  --only <names>    only these, with commas between them: ${all.map(({ name }) => name).join(', ')}
  --samples <n>     samples a side, 2 to 100000, instead of each row's own number
  --sessions <n>    sessions that "churn" makes and deletes, 10 to 1000 (default: 100)
  --quick           a fifth of everything
  --output <folder> where the results go, as JSON and Markdown (default: bench/results)
  --help            this text
`
}

/** @throws UsageError */
export function parseCommandLine(args: readonly string[], all: readonly Benchmark[]): CommandLine {
  const { only, samples, sessions, quick, output, help } = parse(args)
  const names = only?.split(',').map((name) => name.trim())
  const unknown = names?.find((name) => !all.some((benchmark) => benchmark.name === name))
  if (unknown !== undefined) {
    const known = all.map(({ name }) => name).join(', ')
    throw new UsageError(`--only names "${unknown}", which is none of ${known}.`)
  }
  return {
    help,
    benchmarks: names ? all.filter(({ name }) => names.includes(name)) : all,
    settings: {
      samples: wholeNumber('--samples', samples, 2, 100_000),
      sessions: wholeNumber('--sessions', sessions, 10, 1_000),
      quick,
    },
    output,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        samples: { type: 'string' },
        sessions: { type: 'string' },
        output: { type: 'string' },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumber(
  flag: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageError(`${flag} is "${text}"; it must be a whole number from ${least} to ${most}.`)
}
