import { ExpectationError } from '../src/expectation.ts'
import { runTour } from '../src/run-tour.ts'
import type { Step } from '../src/step.ts'
import { scrape } from '../src/steps/01-scrape.ts'
import { interactWithCode } from '../src/steps/02-interact-with-code.ts'
import { stop } from '../src/steps/13-stop.ts'

/** The tour with a third step that sees what it must not, with secrets at hand. */
const failing: Step = {
  title: 'Look for a unicorn',
  async run(tour) {
    const { cdpUrl } = tour.given('interaction')
    throw new ExpectationError('the unicorn', '"white"', `"none at ${cdpUrl}"`)
  },
}

process.exitCode = await runTour({ steps: [scrape, interactWithCode, failing, stop] })
