import { runTour } from '../src/run-tour.ts'
import type { Step } from '../src/step.ts'
import { scrape } from '../src/steps/01-scrape.ts'
import { interactWithCode } from '../src/steps/02-interact-with-code.ts'
import { attachPlaywright } from '../src/steps/03-attach-playwright.ts'
import { stop } from '../src/steps/13-stop.ts'

/** The tour with a fourth step that never ends; the argument is its limit in milliseconds. */
const stuck: Step = {
  title: 'Wait for a unicorn',
  limit: Number(process.argv[2] ?? 60_000),
  async run(tour) {
    process.stdout.write('waiting\n')
    await tour.tandem.interact(tour.given('scrapeId'), {
      code: `await page.locator('#unicorn').waitFor({ timeout: 0 })`,
      timeout: 300,
    })
    return 'a unicorn'
  },
}

process.exitCode = await runTour({
  steps: [scrape, interactWithCode, attachPlaywright, stuck, stop],
})
