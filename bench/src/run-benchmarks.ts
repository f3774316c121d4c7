import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { redact } from '@tandem-browser/core'
import { findEngine } from '@tandem-browser/server'
import type { Benchmark, BenchmarkContext, Settings } from './benchmark.ts'
import { type Machine, describeMachine, measureBusyness } from './report/machine.ts'
import type { Row } from './report/row.ts'
import { LocalSite } from './subjects/local-site.ts'
import { ServerUnderTest } from './subjects/server-under-test.ts'

export interface RunOptions {
  benchmarks: readonly Benchmark[]
  settings: Settings
  /** Ends the run before the next sample; what was begun is undone. */
  signal: AbortSignal
  /** Gets a line when a benchmark begins. */
  onProgress?: ((line: string) => void) | undefined
}

export interface RunResult {
  machine: Machine
  /** How the server kept its sessions apart from the machine. */
  isolation: string
  rows: Row[]
  /** Benchmarks that could not be measured, and why. */
  failures: { name: string; message: string }[]
  /** The share of all cores that others used before the run and after it, from 0 to 1. */
  busyness: { before: number; after: number }
  /** Milliseconds. */
  duration: number
}

/** Runs benchmarks one after the other. One that fails does not keep the others from running. */
export async function runBenchmarks(options: RunOptions): Promise<RunResult> {
  const before = await measureBusyness()
  const measured = await measure(options)
  return { ...measured, busyness: { before, after: await measureBusyness() } }
}

async function measure(options: RunOptions): Promise<Omit<RunResult, 'busyness'>> {
  const start = performance.now()
  const engine = await findEngine()
  const machine = describeMachine(engine)
  const workspace = await mkdtemp(join(tmpdir(), 'tandem-bench-'))
  try {
    const site = await LocalSite.start()
    try {
      const server = await ServerUnderTest.start(workspace)
      try {
        const { settings, signal } = options
        const startServer: BenchmarkContext['startServer'] = (serverOptions) =>
          ServerUnderTest.start(workspace, serverOptions)
        const context = { engine, site, server, startServer, settings, signal }
        const measured = await runEach(options, context)
        const duration = performance.now() - start
        const { isolation } = server
        return { machine, isolation, ...measured, duration }
      } finally {
        await server.close()
      }
    } finally {
      await site.close()
    }
  } finally {
    await rm(workspace, { recursive: true, force: true, maxRetries: 4, retryDelay: 200 })
  }
}

async function runEach(
  { benchmarks, signal, onProgress }: RunOptions,
  context: BenchmarkContext,
): Promise<Pick<RunResult, 'rows' | 'failures'>> {
  const rows: Row[] = []
  const failures: RunResult['failures'] = []
  for (const [index, benchmark] of benchmarks.entries()) {
    const { name } = benchmark
    onProgress?.(`${index + 1} of ${benchmarks.length}: ${name}`)
    try {
      rows.push(...(await benchmark.run(context)))
    } catch (error) {
      signal.throwIfAborted()
      // Playwright puts the address of what it could not reach into its errors.
      const message = redact(error instanceof Error ? error.message : String(error))
      failures.push({ name, message })
    }
  }
  return { rows, failures }
}
