import { must, mustBe } from '../expectation.ts'
import { resultOf } from '../result-of.ts'
import type { Step } from '../step.ts'

/** A timeout ends the code and not only the waiting for it, and the session goes on. */
export const killEndlessLoop: Step = {
  title: 'Kill an endless loop',

  async run(tour) {
    const { tandem, signal } = tour
    const scrapeId = tour.given('scrapeId')
    const code = `console.log('begun'); while (true) {}`
    const killed = await tandem.interact(scrapeId, { code, timeout: 1, signal })
    must('the end of the loop', killed, 'killed', killed.killed)
    mustBe('its exit code', killed.exitCode, 124)
    mustBe('what it had printed', killed.stdout, 'begun\n')
    const next = await tandem.interact(scrapeId, { code: '({ answer: 6 * 7 })', signal })
    mustBe('the next answer', (resultOf(next) as { answer: number }).answer, 42)
    return `after 1 s with exit code 124 and its output kept; the next call answered 42`
  },
}
