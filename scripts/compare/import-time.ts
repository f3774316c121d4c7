import type { InstalledSubject } from './installed-subject.ts'
import { ComparisonFailure } from './comparison-failure.ts'
import type { TimeLimit } from './time-limit.ts'

/** Milliseconds that imports took. */
export interface ImportTime {
  median: number
  /** The quarters: half of all imports took longer than the first and shorter than the second. */
  quarters: readonly [number, number]
  count: number
}

/**
 * Imports every subject in fresh processes. They take turns, so that what slows the machine down
 * meanwhile slows all of them down. A first round, which fills the caches of the disk, does not count.
 */
export async function measureImports(
  installed: readonly InstalledSubject[],
  rounds: number,
  limit: TimeLimit,
  onRound: (round: number) => void,
): Promise<Map<InstalledSubject, ImportTime>> {
  const samples = new Map<InstalledSubject, number[]>(installed.map((each) => [each, []]))
  for (let round = 0; round <= rounds; round += 1) {
    onRound(round)
    for (const [each, times] of samples) {
      const time = await importOnce(each, limit)
      if (round > 0) times.push(time)
    }
  }
  return new Map([...samples].map(([each, times]) => [each, summarize(times)]))
}

async function importOnce({ folder, entry }: InstalledSubject, limit: TimeLimit): Promise<number> {
  const program = [
    'const start = performance.now()',
    `await import('${entry}')`,
    // A package may leave timers or sockets behind.
    'process.stdout.write(String(performance.now() - start), () => process.exit())',
  ].join('\n')
  const { NODE_OPTIONS: _, NODE_COMPILE_CACHE: __, ...env } = process.env
  const args = ['--input-type=module', '--eval', program]
  const run = await limit.run(process.execPath, args, { cwd: folder, env, seconds: 60 })
  const time = Number(run.stdout.trim() || Number.NaN)
  if (run.code === 0 && time > 0) return time
  throw new ComparisonFailure(`${entry} cannot be imported:\n${run.output.trim()}`)
}

function summarize(times: readonly number[]): ImportTime {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  return { median: at(0.5), quarters: [at(0.25), at(0.75)], count: times.length }
}
