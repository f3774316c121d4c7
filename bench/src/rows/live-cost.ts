import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from '@tandem-browser/core'
import { type Benchmark, type BenchmarkContext, pairOptions } from '../benchmark.ts'
import { milliseconds, number } from '../report/format.ts'
import type { Row } from '../report/row.ts'
import { medianRatio, samplePairs, timed } from '../sampling/paired-samples.ts'
import { summarize } from '../sampling/statistics.ts'
import { LiveViewer } from '../subjects/live-viewer.ts'
import { processorTimeOf, usedBetween } from '../subjects/processor-time.ts'
import type { ServerUnderTest } from '../subjects/server-under-test.ts'
import { show } from '../subjects/shown-page.ts'

/** Viewers that are many. */
const many = 10

/** Milliseconds over which a processor is watched for one sample, and before, until all has settled. */
const watched = 4_000
const settled = 1_000

/** Milliseconds of processor in a second that a still page may cost more because somebody looks. */
const stillGoal = 10

/** By how much viewers may make Chromium work more than one of them does. */
const manyGoal = 1.1

/** What it costs a session that somebody looks at it. */
export const liveCost: Benchmark = {
  name: 'live-cost',
  async run(context) {
    if (process.platform !== 'linux') throw new Error('Processor time is read on Linux only.')
    // Nothing but the session that is looked at has anything to do.
    const server = await context.startServer({ poolSize: 0 })
    try {
      const session = await server.tandem.sessions.create({ signal: context.signal })
      // Its kernel is there then.
      await show(session)
      const watching = new Watching(context, server, session)
      return [
        await watching.stillPage(),
        await watching.manyViewers(),
        await watching.execute(1),
        await watching.execute(many),
      ]
    } finally {
      await server.close()
    }
  },
}

/** Milliseconds of a processor in a second. */
interface Cost {
  browser: number
  server: number
}

class Watching {
  readonly #context: BenchmarkContext
  readonly #server: ServerUnderTest
  readonly #session: Session

  constructor(context: BenchmarkContext, server: ServerUnderTest, session: Session) {
    this.#context = context
    this.#server = server
    this.#session = session
  }

  async stillPage(): Promise<Row> {
    const { site } = this.#context
    await show(this.#session, site.plainPage)
    const costs: { tandem: Cost[]; playwright: Cost[] } = { tandem: [], playwright: [] }
    await samplePairs(
      {
        tandem: async () => sum(keep(costs.tandem, await this.#cost(1))),
        playwright: async () => sum(keep(costs.playwright, await this.#cost(0))),
      },
      pairOptions(this.#context, { samples: 3, seconds: 40, warmups: 0 }),
    )
    const [watchedCost, unwatched] = [mean(costs.tandem), mean(costs.playwright)]
    const added = sum(watchedCost) - sum(unwatched)
    return {
      what: 'a page that stands still and is looked at: processor time a second; Chromium, server',
      tandem: shown(watchedCost),
      baseline: { what: 'nobody looks', measured: shown(unwatched) },
      n: costs.tandem.length,
      goal: { text: `≤ ${stillGoal} ms more`, met: added <= stillGoal },
      data: { unit: 'ms/s', added, watched: costs.tandem, unwatched: costs.playwright },
    }
  }

  async manyViewers(): Promise<Row> {
    const costs: { tandem: Cost[]; playwright: Cost[] } = { tandem: [], playwright: [] }
    await show(this.#session, this.#context.site.clockPage)
    const pairs = await samplePairs(
      {
        tandem: async () => keep(costs.tandem, await this.#cost(many)).browser,
        playwright: async () => keep(costs.playwright, await this.#cost(1)).browser,
      },
      pairOptions(this.#context, { samples: 3, seconds: 40, warmups: 0 }),
    )
    await show(this.#session, 'about:blank')
    const ratio = medianRatio(pairs)
    return {
      what: `a page that moves, ${many} viewers: processor time a second; Chromium, server`,
      tandem: shown(mean(costs.tandem)),
      baseline: {
        what: 'one viewer; the ratio is that of Chromium',
        measured: shown(mean(costs.playwright)),
      },
      ratio,
      n: pairs.length,
      goal: { text: `≤ ${manyGoal} × for Chromium`, met: ratio <= manyGoal },
      data: { unit: 'ms/s', many: costs.tandem, one: costs.playwright },
    }
  }

  /** What an agent notices of people who look at a page that moves. */
  async execute(viewers: number): Promise<Row> {
    await show(this.#session, this.#context.site.clockPage)
    const samples: { tandem: number[]; playwright: number[] } = { tandem: [], playwright: [] }
    const calls = this.#context.settings.quick ? 10 : 40
    const take = async (into: number[], count: number): Promise<number> =>
      this.#withViewers(count, async () => {
        const durations: number[] = []
        for (let call = 0; call < calls; call += 1) {
          durations.push(await timed(() => this.#evaluate()))
        }
        into.push(...durations)
        return summarize(durations).p50
      })
    const pairs = await samplePairs(
      {
        tandem: () => take(samples.tandem, viewers),
        playwright: () => take(samples.playwright, 0),
      },
      pairOptions(this.#context, { samples: 4, seconds: 20, warmups: 1 }),
    )
    await show(this.#session, 'about:blank')
    const [own, other] = [summarize(samples.tandem), summarize(samples.playwright)]
    return {
      what: `execute \`await page.title()\` while ${viewers === 1 ? 'one person looks' : `${viewers} people look`} at a page that moves`,
      tandem: milliseconds(own.p50, own.p95),
      baseline: { what: 'nobody looks', measured: milliseconds(other.p50, other.p95) },
      ratio: medianRatio(pairs),
      n: own.n,
      data: { unit: 'ms', viewers: own, nobody: other, samples },
    }
  }

  async #evaluate(): Promise<void> {
    const { ok, stderr } = await this.#session.execute('await page.title()')
    if (!ok) throw new Error(`The execution failed: ${stderr}`)
  }

  #cost(viewers: number): Promise<Cost> {
    const { pid } = this.#server.process
    return this.#withViewers(viewers, async () => {
      const before = await processorTimeOf(pid)
      const start = performance.now()
      await delay(watched, undefined, { signal: this.#context.signal })
      const after = await processorTimeOf(pid)
      const seconds = (performance.now() - start) / 1_000
      const { own, started } = usedBetween(before, after)
      // The kernel has been started as well, and has nothing to do.
      return { browser: started / seconds, server: own / seconds }
    })
  }

  /** Does something while that many look, each of them at the rate that the page of a live view has. */
  async #withViewers<Result>(count: number, task: () => Promise<Result>): Promise<Result> {
    const viewers: LiveViewer[] = []
    try {
      for (let joined = 0; joined < count; joined += 1) {
        viewers.push(await LiveViewer.join(this.#session.liveViewUrl))
      }
      await Promise.all(viewers.map((viewer) => viewer.firstPicture()))
      await delay(settled, undefined, { signal: this.#context.signal })
      return await task()
    } finally {
      await Promise.all(viewers.map((viewer) => viewer.close()))
    }
  }
}

function keep(all: Cost[], cost: Cost): Cost {
  all.push(cost)
  return cost
}

function sum({ browser, server }: Cost): number {
  return browser + server
}

function mean(costs: readonly Cost[]): Cost {
  const of = (side: keyof Cost): number =>
    costs.reduce((total, cost) => total + cost[side], 0) / costs.length
  return { browser: of('browser'), server: of('server') }
}

function shown({ browser, server }: Cost): string {
  return `${number(browser)} ms, ${number(server)} ms`
}
