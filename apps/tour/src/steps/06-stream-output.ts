import { must, mustBe } from '../expectation.ts'
import type { Step } from '../step.ts'

const code = `
  console.log('waiting for Playwright')
  await page.locator('html[data-tandem-go-on]').waitFor({ state: 'attached' })
  console.log('going on')
`

/**
 * The output of an execution as it is written. The code waits for what Playwright does only once
 * the first line has arrived here, so output that comes in one piece at the end cannot pass.
 */
export const streamOutput: Step = {
  title: 'Stream the output',

  async run(tour) {
    const { page } = tour.given('connection')
    const started = performance.now()
    let firstLine: number | undefined
    let stdout = ''
    for await (const event of tour.tandem.streamInteraction(tour.given('scrapeId'), {
      code,
      timeout: 20,
      signal: tour.signal,
    })) {
      if (event.type === 'stdout') {
        stdout += event.text
        if (firstLine === undefined && stdout.includes('\n')) {
          firstLine = performance.now() - started
          await page.evaluate(`document.documentElement.dataset.tandemGoOn = 'yes'`)
        }
      }
      if (event.type === 'result') {
        must('the end of the code', event.execution.error, 'without an error', event.execution.ok)
      }
    }
    mustBe('the output', stdout, 'waiting for Playwright\ngoing on\n')
    return `the first line after ${(firstLine ?? 0).toFixed(0)} ms, while the code was still running`
  },
}
