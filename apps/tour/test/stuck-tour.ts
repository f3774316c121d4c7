import { steps } from '../src/all-steps.ts'
import { runTour } from '../src/run-tour.ts'
import type { Step } from '../src/step.ts'

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

process.exitCode = await runTour({ steps: steps.toSpliced(3, 0, stuck) })
