import { must, mustBe } from '../expectation.ts'
import { resultOf } from '../result-of.ts'
import type { Step } from '../step.ts'

const shopCode = `
  await page.getByRole('link', { name: 'Copper bell' }).click()
  await page.getByRole('button', { name: 'Add to cart' }).click()
  const bells = await page.getByTestId('cart-count').textContent()
  ;({ url: page.url(), seen: bells + ' bell in the cart' })
`

const anyPageCode = `
  const links = await page.locator('a[href]').count()
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight))
  const scrolled = await page.evaluate(() => Math.round(window.scrollY))
  ;({ url: page.url(), seen: links + ' links, scrolled down by ' + scrolled + ' pixels' })
`

/** `POST /v2/scrape/{id}/interact` with code: it goes on where the scrape stopped. */
export const interactWithCode: Step = {
  title: 'Interact with code',

  async run(tour) {
    const { tandem, signal } = tour
    const code = tour.isShop ? shopCode : anyPageCode
    const interaction = await tandem.interact(tour.given('scrapeId'), { code, signal })
    const { url, seen } = resultOf(interaction) as { url: string; seen: string }
    if (tour.isShop) mustBe('what the code saw', seen, '1 bell in the cart')
    must('the session', interaction.sessionId, 'named by its id', interaction.sessionId !== '')
    tour.handOver('interaction', interaction)
    return `${seen}, at ${new URL(url).pathname}`
  },
}
