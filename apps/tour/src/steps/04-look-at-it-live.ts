import { join, relative } from 'node:path'
import { findEngine } from '@tandem-browser/server'
import { type Browser, type Page, chromium } from 'playwright-core'

import { mustBe } from '../expectation.ts'
import { resultOf } from '../result-of.ts'
import type { Step } from '../step.ts'
import type { Tour } from '../tour.ts'

/** Settles when the picture of the live view is another one. */
const pictureMoves = `new Promise((resolve) => {
  const picture = () => document.querySelector('canvas').toDataURL('image/jpeg', 0.3)
  const before = picture()
  const look = () => (picture() === before ? requestAnimationFrame(look) : resolve())
  look()
})`

/** The live view: a page that moves is seen to move, a person takes the browser, and code waits. */
export const lookAtItLive: Step = {
  title: 'Look at it live, and take over',

  async run(tour) {
    const { liveViewUrl, interactiveLiveViewUrl } = tour.given('interaction')
    tour.showSecret('To look at it while the tour lasts', liveViewUrl)
    tour.showSecret('To act in it, too', interactiveLiveViewUrl)

    const browser = await launchViewer()
    tour.handOver('viewer', browser)
    const view = await browser.newPage({ viewport: { width: 1280, height: 860 } })
    const moving = tour.isShop ? await openWorkshop(tour) : undefined
    await view.goto(interactiveLiveViewUrl)
    await view.waitForSelector('#stage[data-state="live"]')
    if (moving) {
      await view.getByRole('tab', { name: 'Workshop', selected: true }).waitFor()
      await view.evaluate(pictureMoves)
    }
    const path = await takeOver(tour, view)
    await moving?.close()
    await browser.close()
    const seen = moving ? 'a page that moved' : 'the page'
    return `${seen}, in ${relative(process.cwd(), path)}; the code waited until it was handed back`
  },
}

/** A browser as people have one, beside that of the session. */
async function launchViewer(): Promise<Browser> {
  const { executablePath, env } = await findEngine()
  const own = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return chromium.launch({ executablePath, env: { ...Object.fromEntries(own), ...env } })
}

/** The page of the shop that never stands still, in a tab of its own. */
async function openWorkshop(tour: Tour): Promise<Page> {
  const page = await tour.given('connection').context.newPage()
  await page.goto(new URL('/workshop', tour.pageUrl).href)
  return page
}

/**
 * Takes the browser by the button of the view, and hands it back.
 *
 * @returns where the picture of it is
 */
async function takeOver(tour: Tour, view: Page): Promise<string> {
  const { tandem, signal, outputFolder } = tour
  await view.getByRole('button', { name: 'Take over' }).click()
  const handBack = view.getByRole('button', { name: 'Hand back' })
  await handBack.waitFor()
  let isDone = false
  const waiting = tandem
    .interact(tour.given('scrapeId'), { code: '({ answer: 6 * 7 })', signal })
    .finally(() => (isDone = true))
  const path = join(outputFolder, 'live-view.png')
  await view.screenshot({ path })
  mustBe('the end of the code while a person has the browser', isDone, false)
  await handBack.click()
  mustBe('its answer then', (resultOf(await waiting) as { answer: number }).answer, 42)
  return path
}
