import { fileURLToPath } from 'node:url'
import { Tandem } from '@tandem-browser/core'
import { Profiles } from '@tandem-browser/core/profiles'

import { Interruption } from './interruption.ts'
import { Reporter } from './reporter.ts'
import { Stage } from './stage.ts'
import type { Step } from './step.ts'
import { Tour } from './tour.ts'

export interface RunOptions {
  steps: readonly Step[]
  /** A page to use instead of the shop. */
  url?: string | undefined
  /** Where steps leave files. Default: `apps/tour/output`. */
  outputFolder?: string | undefined
}

/**
 * Sets the stage, runs the steps one after the other on one page, and takes everything down,
 * however it ended.
 *
 * @returns the status to exit with: 0 when every step saw what it must
 */
export async function runTour({ steps, url, outputFolder }: RunOptions): Promise<number> {
  const interruption = new Interruption()
  let stage: Stage | undefined
  let status = 1
  try {
    const started = performance.now()
    stage = await Stage.set(url)
    const reporter = new Reporter(steps, [stage.apiKey])
    const { server, pageUrl } = stage
    const setUp = (performance.now() - started).toFixed(0)
    reporter.line(`Tandem tour of ${pageUrl}${url === undefined ? ' (a shop of its own)' : ''}`)
    reporter.line(`Server at ${server.url} in ${setUp} ms, isolation: ${server.isolation}`)
    reporter.line()

    const overtime = new AbortController()
    const access = { baseUrl: server.url, apiKey: stage.apiKey }
    const tour = new Tour({
      tandem: new Tandem(access),
      profiles: new Profiles(access),
      pageUrl,
      isShop: url === undefined,
      outputFolder: outputFolder ?? fileURLToPath(new URL('../output', import.meta.url)),
      signal: AbortSignal.any([interruption.signal, overtime.signal]),
      showSecret: (label, address) => reporter.secret(label, address),
    })
    try {
      const done = await runSteps(steps, tour, reporter, overtime)
      if (done) {
        const seconds = ((performance.now() - started) / 1000).toFixed(1)
        reporter.line()
        reporter.line(`${steps.length} steps on one page in ${seconds} s, all as expected.`)
        status = 0
      }
    } finally {
      await tour.close()
    }
  } catch (error) {
    new Reporter([], stage ? [stage.apiKey] : []).failure('The tour could not start.', error)
  }
  try {
    await stage?.close()
  } catch (error) {
    new Reporter([], []).failure('The tour could not be taken down.', error)
    status = 1
  }
  interruption.end()
  return interruption.status ?? status
}

async function runSteps(
  steps: readonly Step[],
  tour: Tour,
  reporter: Reporter,
  overtime: AbortController,
): Promise<boolean> {
  for (const [index, step] of steps.entries()) {
    const started = performance.now()
    try {
      const seen = await withinLimit(step, tour, overtime)
      reporter.stepDone(index + 1, step, performance.now() - started, seen)
    } catch (error) {
      reporter.stepFailed(index + 1, step, performance.now() - started, error)
      return false
    }
  }
  return true
}

/** The step, unless the tour is interrupted or the step takes too long. */
async function withinLimit(step: Step, tour: Tour, overtime: AbortController): Promise<string> {
  const { limit = 60_000 } = step
  const { signal } = tour
  const timer = setTimeout(() => {
    overtime.abort(new Error(`The step was not done after ${limit / 1000} s.`))
  }, limit)
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(signal.reason as Error)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([stopped, step.run(tour)])
  } finally {
    clearTimeout(timer)
  }
}
