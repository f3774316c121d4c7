import { must } from '../expectation.ts'
import type { Step } from '../step.ts'

/** Where clouds give out the credentials of a machine. */
const metadata = 'http://169.254.169.254/latest/meta-data/'

/** What a session asks for goes through the server, which knows what is none of its business. */
export const refusePrivateAddress: Step = {
  title: 'Refuse a private address',

  async run(tour) {
    const { tandem, signal } = tour
    const code = `const answer = await fetch('${metadata}'); answer.status`
    const interaction = await tandem.interact(tour.given('scrapeId'), { code, signal })
    must('the end of the code', interaction.result, 'an error', !interaction.ok)
    const sentence = /^Tandem does not let.*$/m.exec(interaction.stderr)?.[0]
    must('its standard error', interaction.stderr, 'the reason', sentence !== undefined)
    return sentence
  },
}
