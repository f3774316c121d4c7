/** A process that holds browsers as a program does that uses plain Playwright. */
import { type Engine, findEngine } from '@tandem-browser/server'
import type { Browser } from 'playwright-core'
import { serveMeasurements } from './measured-program.ts'
import { launchPlainly } from './plain-playwright.ts'

const browsers: Browser[] = []
let engine: Engine | undefined

serveMeasurements(
  {
    launch: async () => {
      engine ??= await findEngine()
      const browser = await launchPlainly(engine)
      browsers.push(browser)
      await browser.newPage()
    },
  },
  () => Promise.all(browsers.map((browser) => browser.close())),
)
