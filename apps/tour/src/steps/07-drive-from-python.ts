import { NotConfiguredError } from '@tandem-browser/core'

import { must, mustBe } from '../expectation.ts'
import type { Step } from '../step.ts'

const code = `
title = await page.title()
await page.evaluate("() => { document.documentElement.dataset.tandemPython = 'was here' }")
print(title)
`

/** `language: 'python'`: Playwright for Python on the tab that everybody else has. */
export const driveFromPython: Step = {
  title: 'Drive it from Python',

  async run(tour) {
    const { page } = tour.given('connection')
    const { tandem, signal } = tour
    const interaction = await tandem
      .interact(tour.given('scrapeId'), { code, language: 'python', signal })
      .catch((error: unknown) => {
        // Optional: the set-up has said what it lacks.
        if (NotConfiguredError.isInstance(error)) return undefined
        throw error
      })
    if (!interaction) return 'skipped: Python is not set up here, see npm run setup'
    must('the end of the code', interaction.error, 'without an error', interaction.ok)
    mustBe('the title that Python saw', interaction.result, await page.title())
    const mark = await page.evaluate('document.documentElement.dataset.tandemPython')
    mustBe('the mark that Playwright saw', mark, 'was here')
    return `Python read “${interaction.result}” and left a mark that Playwright saw`
  },
}
