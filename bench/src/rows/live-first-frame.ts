import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from '@tandem-browser/core'
import type { Browser } from 'playwright-core'
import { type Benchmark, type BenchmarkContext, pairOptions } from '../benchmark.ts'
import { milliseconds, seconds } from '../report/format.ts'
import { type Row, pairedRow } from '../report/row.ts'
import { samplePairs, timed } from '../sampling/paired-samples.ts'
import { summarize } from '../sampling/statistics.ts'
import { CuttableLine } from '../subjects/cuttable-line.ts'
import { type DirectBrowser, launchWithPort } from '../subjects/debugging-port.ts'
import { DirectScreencast } from '../subjects/direct-screencast.ts'
import { LiveViewer } from '../subjects/live-viewer.ts'
import { launchPlainly } from '../subjects/plain-playwright.ts'
import { show, showInBoth } from '../subjects/shown-page.ts'

/** Milliseconds until there must be something to see. */
const goal = 300

/** The same when a connection was there and was cut. */
const cutGoal = 1_000

/** Milliseconds after which everything that belongs to a picture has come. */
const settled = 700

/** How long somebody who comes to look has nothing to see. */
export const liveFirstFrame: Benchmark = {
  name: 'live-first-frame',
  async run(context) {
    const { engine, server, signal } = context
    const direct = await launchWithPort(engine)
    try {
      const viewer = await launchPlainly(engine)
      try {
        const session = await server.tandem.sessions.create({ signal })
        try {
          await server.untilWarm(signal)
          return [
            await toTheFirstPicture(context, session, direct, 'plainPage'),
            await toTheFirstPicture(context, session, direct, 'clockPage'),
            await withOthers(context, session, direct),
            await onTheScreen(context, session, viewer),
            await afterACut(context, session, viewer),
          ]
        } finally {
          await session.delete()
        }
      } finally {
        await viewer.close()
      }
    } finally {
      await direct.close()
    }
  },
}

const names = { plainPage: 'a page that stands still', clockPage: 'a page that moves' } as const

const baseline = 'raw WebSocket to the debugging port → `Page.startScreencast` → first picture'

/** Nobody looked before: everything is begun for this one viewer. */
async function toTheFirstPicture(
  context: BenchmarkContext,
  session: Session,
  direct: DirectBrowser,
  page: 'plainPage' | 'clockPage',
): Promise<Row> {
  await showInBoth(session, direct, context.site[page])
  const pairs = await samplePairs(
    { tandem: () => look(session), playwright: () => lookDirectly(direct) },
    pairOptions(context, { samples: 20, seconds: 10, warmups: 2 }),
  )
  await showInBoth(session, direct, 'about:blank')
  return pairedRow({
    what: `live view: ticket → connect → first picture of ${names[page]}`,
    baseline,
    pairs,
    goal: ({ p95 }) => ({ text: `≤ ${goal} ms`, met: p95 <= goal }),
  })
}

/** Somebody looks already, so the latest picture is there. */
async function withOthers(
  context: BenchmarkContext,
  session: Session,
  direct: DirectBrowser,
): Promise<Row> {
  await showInBoth(session, direct, context.site.plainPage)
  const other = await LiveViewer.join(session.liveViewUrl)
  try {
    await other.firstPicture()
    const pairs = await samplePairs(
      { tandem: () => look(session), playwright: () => lookDirectly(direct) },
      pairOptions(context, { samples: 40, seconds: 5, warmups: 2 }),
    )
    return pairedRow({
      what: 'the same of a page that stands still and that somebody looks at already',
      baseline,
      pairs,
      goal: ({ p95 }) => ({ text: `≤ ${goal} ms`, met: p95 <= goal }),
    })
  } finally {
    await other.close()
    await showInBoth(session, direct, 'about:blank')
  }
}

/** All of it, as a person has it: a browser opens the address and draws the page and the picture. */
async function onTheScreen(
  context: BenchmarkContext,
  session: Session,
  viewer: Browser,
): Promise<Row> {
  await show(session, context.site.plainPage)
  // One after another in one browser: its cache has the page's files, as of whoever looked before.
  const person = await viewer.newContext({ viewport: { width: 1280, height: 820 } })
  try {
    const pairs = await samplePairs(
      {
        tandem: async () => {
          const page = await person.newPage()
          const duration = await timed(async () => {
            await page.goto(session.liveViewUrl, { waitUntil: 'commit' })
            await page.waitForSelector('#stage[data-state="live"]')
          })
          await page.close()
          return duration
        },
        playwright: async () => {
          const page = await person.newPage()
          const duration = await timed(async () => {
            await page.goto(context.site.plainPage, { waitUntil: 'commit' })
            await page.waitForSelector('h1')
          })
          await page.close()
          return duration
        },
      },
      pairOptions(context, { samples: 15, seconds: 12, warmups: 2 }),
    )
    return pairedRow({
      what: 'a browser opens a live view, nobody looked before → a picture on its screen',
      baseline: 'the same browser opens the page itself',
      pairs,
      goal: ({ p95 }) => ({ text: `≤ ${goal} ms`, met: p95 <= goal }),
    })
  } finally {
    await person.close()
  }
}

/** The network is gone and at once there again. */
async function afterACut(
  context: BenchmarkContext,
  session: Session,
  viewer: Browser,
): Promise<Row> {
  await show(session, context.site.plainPage)
  const { samples, signal } = pairOptions(context, { samples: 10, seconds: 20 })
  const durations: number[] = []
  const line = await CuttableLine.start(session.liveViewUrl)
  try {
    const page = await viewer.newPage({ viewport: { width: 1280, height: 820 } })
    try {
      await page.goto(line.address(session.liveViewUrl))
      while (durations.length < samples) {
        await page.waitForSelector('#stage[data-state="live"]')
        // What comes late of the picture before is no picture after the cut.
        await delay(settled, undefined, { signal })
        await page.evaluate(listenForAPicture)
        durations.push(
          await timed(async () => {
            line.cut()
            await page.evaluate('globalThis.another')
          }),
        )
      }
    } finally {
      await page.close()
    }
  } finally {
    await line.close()
  }
  const summary = summarize(durations)
  return {
    what: 'live view in a browser: its connection is cut → the next picture on its screen',
    tandem: milliseconds(summary.p50, summary.p95),
    n: summary.n,
    goal: { text: `≤ ${seconds(cutGoal)}`, met: summary.p95 <= cutGoal },
    data: { unit: 'ms', tandem: summary, samples: { tandem: durations } },
  }
}

/** The page notes on its canvas when a picture was taken, and so says that there is another one. */
const listenForAPicture = `{
  globalThis.another = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      observer.disconnect()
      resolve()
    })
    observer.observe(document.querySelector('canvas'), { attributeFilter: ['data-captured-at'] })
  })
  undefined
}`

async function look(session: Session): Promise<number> {
  const start = performance.now()
  const viewer = await LiveViewer.join(session.liveViewUrl)
  try {
    await viewer.firstPicture()
    return performance.now() - start
  } finally {
    await viewer.close()
    // The server has heard that it is gone when it has answered this.
    await show(session)
  }
}

async function lookDirectly(direct: DirectBrowser): Promise<number> {
  const start = performance.now()
  const screencast = await DirectScreencast.start(direct.cdpUrl)
  try {
    await screencast.firstPicture()
    return performance.now() - start
  } finally {
    await screencast.close()
  }
}
