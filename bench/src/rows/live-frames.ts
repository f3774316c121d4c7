import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from '@tandem-browser/core'
import type { Browser } from 'playwright-core'
import { type Benchmark, type BenchmarkContext, pairOptions } from '../benchmark.ts'
import { milliseconds, number } from '../report/format.ts'
import type { Row } from '../report/row.ts'
import { medianRatio, samplePairs } from '../sampling/paired-samples.ts'
import { median, summarize } from '../sampling/statistics.ts'
import { ageOf, readClock } from '../subjects/clock-page.ts'
import { type Arrival, ClockReader } from '../subjects/clock-reader.ts'
import { type DirectBrowser, launchWithPort } from '../subjects/debugging-port.ts'
import { DirectScreencast } from '../subjects/direct-screencast.ts'
import { LiveViewer } from '../subjects/live-viewer.ts'
import { launchPlainly } from '../subjects/plain-playwright.ts'
import { show } from '../subjects/shown-page.ts'

/** Milliseconds that a picture may be old. */
const goal = 150

/** Milliseconds that pictures are looked at for one sample, and before, until it has come into its pace. */
const watched = 2_000
const settled = 500

/** How old pictures of a page that moves are, and how many there are of them. */
export const liveFrames: Benchmark = {
  name: 'live-frames',
  async run(context) {
    const { engine, server, signal } = context
    const direct = await launchWithPort(engine)
    try {
      const session = await server.tandem.sessions.create({ signal })
      try {
        await server.untilWarm(signal)
        const rows: Row[] = []
        for (const frameRate of [15, 30]) {
          rows.push(...(await compare(context, session, direct, frameRate)))
        }
        rows.push(await onTheScreen(context, session))
        return rows
      } finally {
        await session.delete()
      }
    } finally {
      await direct.close()
    }
  },
}

/** Ages and numbers of pictures, of one window of time after the other. */
class Watched {
  readonly ages: number[] = []
  readonly rates: number[] = []

  /** @returns The middle of the ages of this window. */
  add(ages: readonly number[]): number {
    if (ages.length === 0) throw new Error('No picture came.')
    this.ages.push(...ages)
    this.rates.push((ages.length * 1_000) / watched)
    return median(ages)
  }
}

async function compare(
  context: BenchmarkContext,
  session: Session,
  direct: DirectBrowser,
  frameRate: number,
): Promise<Row[]> {
  const { engine, site, signal } = context
  const reader = await ClockReader.launch(engine)
  const tandem = new Watched()
  const playwright = new Watched()
  // Only one page moves at a time: the other one would take its processor.
  const sides = {
    tandem: async () => {
      await show(session, site.clockPage)
      const viewer = await LiveViewer.join(session.liveViewUrl)
      viewer.send({ type: 'pace', frameRate })
      const arrivals = await watch(viewer, signal)
      await show(session, 'about:blank')
      return tandem.add(await reader.ages(arrivals))
    },
    playwright: async () => {
      await direct.goto(site.clockPage)
      const arrivals = await watch(await DirectScreencast.start(direct.cdpUrl), signal)
      await direct.goto('about:blank')
      return playwright.add(await reader.ages(arrivals))
    },
  }
  try {
    const pairs = await samplePairs(
      sides,
      pairOptions(context, { samples: 4, seconds: 30, warmups: 0 }),
    )
    const [own, other] = [summarize(tandem.ages), summarize(playwright.ages)]
    const [rate, otherRate] = [median(tandem.rates), median(playwright.rates)]
    return [
      {
        what: `live view: age of a picture that comes, ${frameRate} a second wanted`,
        tandem: milliseconds(own.p50, own.p95),
        baseline: {
          what: 'raw WebSocket to the debugging port, `Page.startScreencast`',
          measured: milliseconds(other.p50, other.p95),
        },
        ratio: medianRatio(pairs),
        n: own.n,
        goal: { text: `p95 ≤ ${goal} ms`, met: own.p95 <= goal },
        data: {
          unit: 'ms',
          tandem: own,
          playwright: other,
          samples: { tandem: tandem.ages, playwright: playwright.ages },
        },
      },
      {
        what: `live view: pictures a second, ${frameRate} wanted`,
        tandem: number(rate),
        baseline: { what: 'the same, as many as come', measured: number(otherRate) },
        ratio: rate / otherRate,
        n: tandem.rates.length,
        data: { unit: '1/s', samples: { tandem: tandem.rates, playwright: playwright.rates } },
      },
    ]
  } finally {
    await reader.close()
  }
}

/** Looks for a while, and goes. */
async function watch(
  from: LiveViewer | DirectScreencast,
  signal: AbortSignal,
): Promise<readonly Arrival[]> {
  try {
    await from.firstPicture()
    await delay(settled, undefined, { signal })
    const arrivals: Arrival[] = []
    from.onPicture = (arrival) => arrivals.push(arrival)
    await delay(watched, undefined, { signal })
    from.onPicture = undefined
    return arrivals
  } finally {
    await from.close()
  }
}

/** As a person sees it: drawn in a browser, which needs a processor for it on the same machine. */
async function onTheScreen(context: BenchmarkContext, session: Session): Promise<Row> {
  const { engine, site, signal } = context
  const { samples } = pairOptions(context, { samples: 4, seconds: 20, warmups: 0 })
  const seen = new Watched()
  const viewer = await launchPlainly(engine)
  try {
    await show(session, site.clockPage)
    const page = await openLiveView(viewer, session.liveViewUrl)
    for (let sample = 0; sample < samples; sample += 1) {
      signal.throwIfAborted()
      const drawn = await page.evaluate<{ clock: number; at: number }[]>(lookAtTheScreen)
      if (drawn.some(({ clock }) => clock === -1))
        throw new Error('The clock is not on the screen.')
      seen.add(drawn.map(({ clock, at }) => ageOf(clock, at)))
    }
    await show(session, 'about:blank')
  } finally {
    await viewer.close()
  }
  const ages = summarize(seen.ages)
  return {
    what: 'live view in a browser on the same machine: age of a picture when it is drawn',
    tandem: `${milliseconds(ages.p50, ages.p95)}; ${number(median(seen.rates))} a second`,
    n: ages.n,
    goal: { text: `p95 ≤ ${goal} ms`, met: ages.p95 <= goal },
    data: { unit: 'ms', tandem: ages, samples: { tandem: seen.ages, rates: seen.rates } },
  }
}

async function openLiveView(viewer: Browser, url: string) {
  const page = await viewer.newPage({ viewport: { width: 1280, height: 820 } })
  await page.goto(url)
  await page.waitForSelector('#stage[data-state="live"]')
  return page
}

/** The page notes on its canvas when the picture was taken, and so says that there is another one. */
const lookAtTheScreen = `new Promise((resolve) => {
  const canvas = document.querySelector('canvas')
  const context = canvas.getContext('2d')
  const read = ${readClock}
  const drawn = []
  const observer = new MutationObserver(() => {
    const at = Date.now()
    drawn.push({ at, clock: read(context, canvas.width) })
  })
  observer.observe(canvas, { attributeFilter: ['data-captured-at'] })
  setTimeout(() => {
    observer.disconnect()
    resolve(drawn)
  }, ${watched})
})`
