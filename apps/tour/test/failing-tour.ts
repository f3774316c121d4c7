import { steps } from '../src/all-steps.ts'
import { ExpectationError } from '../src/expectation.ts'
import { runTour } from '../src/run-tour.ts'
import type { Step } from '../src/step.ts'

/** The tour with a third step that sees what it must not, with secrets at hand. */
const failing: Step = {
  title: 'Look for a unicorn',
  async run(tour) {
    const { cdpUrl } = tour.given('interaction')
    throw new ExpectationError('the unicorn', '"white"', `"none at ${cdpUrl}"`)
  },
}

process.exitCode = await runTour({ steps: steps.toSpliced(2, 0, failing) })
