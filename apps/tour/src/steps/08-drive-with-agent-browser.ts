import { must, mustBe } from '../expectation.ts'
import type { Step } from '../step.ts'

const code = `
agent-browser get url
agent-browser eval "document.documentElement.dataset.tandemShell = 'was here'" > mark.txt
agent-browser tab list | wc -l
`

/** `language: 'bash'`: the agent-browser command, without a flag, on the very same tab. */
export const driveWithAgentBrowser: Step = {
  title: 'Drive it with agent-browser',

  async run(tour) {
    const { page } = tour.given('connection')
    const { tandem, signal } = tour
    const interaction = await tandem.interact(tour.given('scrapeId'), {
      code,
      language: 'bash',
      signal,
    })
    must('the end of the commands', interaction.error, 'without an error', interaction.ok)
    const [url, tabs] = interaction.stdout.trim().split('\n')
    mustBe('the address that agent-browser saw', url, page.url())
    mustBe('the number of its tabs', tabs?.trim(), '1')
    const mark = await page.evaluate('document.documentElement.dataset.tandemShell')
    mustBe('the mark that Playwright saw', mark, 'was here')
    return `at ${new URL(page.url()).pathname}, one tab, and its mark was seen by Playwright`
  },
}
