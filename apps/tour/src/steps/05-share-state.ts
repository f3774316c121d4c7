import { mustBe } from '../expectation.ts'
import { resultOf } from '../result-of.ts'
import type { Step } from '../step.ts'
import type { Tour } from '../tour.ts'

/** What Playwright changes the code sees, and the reverse; and the code still has its variables. */
export const shareState: Step = {
  title: 'Change it from both sides',

  run: (tour) => (tour.isShop ? shareCart(tour) : shareMark(tour)),
}

async function shareCart(tour: Tour): Promise<string> {
  const { page } = tour.given('connection')
  await page.getByLabel('Quantity of Copper bell').fill('3')
  await page.getByRole('button', { name: 'Change' }).click()
  await page.getByText('€49.50').first().waitFor()

  const { before, total } = (await runCode(
    tour,
    `
      const total = await page.getByTestId('cart-total').textContent()
      await page.getByRole('button', { name: 'Remove Copper bell' }).click()
      ;({ before: bells, total })
    `,
  )) as { before: string; total: string }
  mustBe('the variable of the code before', before, '1')
  mustBe('the total that the code saw', total, '€49.50')
  await page.getByText('Your cart is empty.').waitFor()
  return 'Playwright took 3 bells, the code saw €49.50 and removed them, Playwright saw an empty cart'
}

/** An attribute that no page uses and nobody sees. */
async function shareMark(tour: Tour): Promise<string> {
  const { page } = tour.given('connection')
  await page.evaluate(`document.documentElement.dataset.tandem = 'by Playwright'`)
  const { known, mark } = (await runCode(
    tour,
    `
      const mark = await page.evaluate(() => document.documentElement.dataset.tandem)
      await page.evaluate(() => { document.documentElement.dataset.tandem = 'by code' })
      ;({ known: typeof links === 'number', mark })
    `,
  )) as { known: boolean; mark: string }
  mustBe('the variable of the code before', known, true)
  mustBe('the mark that the code saw', mark, 'by Playwright')
  const after = await page.evaluate('document.documentElement.dataset.tandem')
  mustBe('the mark that Playwright saw', after, 'by code')
  return 'each side read the mark that the other had left on the page'
}

async function runCode(tour: Tour, code: string): Promise<unknown> {
  const { tandem, signal } = tour
  return resultOf(await tandem.interact(tour.given('scrapeId'), { code, signal }))
}
