import { median } from './statistics.ts'

/** Does a thing once and gives the milliseconds that count; what it must undo does not. */
export type Measurement = () => Promise<number>

/** One measurement of each side, taken one right after the other. */
export interface Pair {
  tandem: number
  playwright: number
}

export interface PairOptions {
  /** Pairs to take. */
  samples: number
  /** Pairs to take first and throw away. */
  warmups: number
  /** Milliseconds after which no further pair is begun, when there are two at least. */
  budget: number
  signal: AbortSignal
}

/**
 * Measures both sides in turn, so that a machine that becomes slower or faster
 * meanwhile does so for both. Which side is first alternates: the first one may
 * leave caches warm, or work behind, for the second.
 */
export async function samplePairs(
  sides: { tandem: Measurement; playwright: Measurement },
  { samples, warmups, budget, signal }: PairOptions,
): Promise<Pair[]> {
  const pairs: Pair[] = []
  let end = Infinity
  for (let index = -warmups; index < samples; index += 1) {
    if (index === 0) end = performance.now() + budget
    if (pairs.length >= 2 && performance.now() > end) break
    signal.throwIfAborted()
    const pair = { tandem: 0, playwright: 0 }
    const order = ['tandem', 'playwright'] as const
    for (const side of index % 2 === 0 ? order : order.toReversed()) {
      pair[side] = await sides[side]()
    }
    if (index >= 0) pairs.push(pair)
  }
  return pairs
}

/** The median of each pair's ratio: what drifted during the run is in both halves of a pair. */
export function medianRatio(pairs: readonly Pair[]): number {
  return median(pairs.map(({ tandem, playwright }) => tandem / playwright))
}

/** Runs a task and gives the milliseconds that it took. */
export async function timed(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await task()
  return performance.now() - start
}
