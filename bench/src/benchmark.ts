import type { Engine } from '@tandem-browser/server'
import type { Row } from './report/row.ts'
import type { PairOptions } from './sampling/paired-samples.ts'
import type { LocalSite } from './subjects/local-site.ts'
import type { ServerUnderTest, ServerUnderTestOptions } from './subjects/server-under-test.ts'

/** One thing that is measured; a file in `rows`, and a line in `benchmarks.ts`. */
export interface Benchmark {
  /** What `--only` calls it. */
  name: string
  run(context: BenchmarkContext): Promise<Row[]>
}

/** What a benchmark finds in place. It leaves everything as it found it. */
export interface BenchmarkContext {
  readonly engine: Engine
  readonly site: LocalSite
  /** A server that benchmarks share which leave nothing in it. */
  readonly server: ServerUnderTest
  /** Starts a server that nothing was done with yet. The caller closes it. */
  startServer(options?: ServerUnderTestOptions): Promise<ServerUnderTest>
  readonly signal: AbortSignal
  readonly settings: Settings
}

/** How much to measure. */
export interface Settings {
  /** Samples a side, 2 at least, instead of each benchmark's own number. */
  samples: number | undefined
  /** A fifth of everything: enough to see that it works. */
  quick: boolean
  /** Sessions that are made and deleted to see what is left of them; undefined: 100. */
  sessions: number | undefined
}

/** Settings of a paired measurement that would usually take so many samples and seconds. */
export function pairOptions(
  { settings, signal }: BenchmarkContext,
  usual: { samples: number; seconds: number; warmups?: number },
): PairOptions {
  const samples =
    settings.samples ?? (settings.quick ? Math.ceil(usual.samples / 5) : usual.samples)
  return {
    samples,
    warmups: Math.min(usual.warmups ?? 1, samples),
    // Who names a number wants that number.
    budget: settings.samples === undefined ? usual.seconds * 1000 : Infinity,
    signal,
  }
}
