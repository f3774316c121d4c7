import { mkdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { connect } from '@tandem-browser/playwright-connect'

import { mustBe } from '../expectation.ts'
import { resultOf } from '../result-of.ts'
import type { Step } from '../step.ts'

/** `connectOverCDP`: Playwright finds the very page that the code has left. */
export const attachPlaywright: Step = {
  title: 'Attach Playwright to it',

  async run(tour) {
    const interaction = tour.given('interaction')
    const connection = await connect(interaction, { signal: tour.signal })
    tour.handOver('connection', connection)
    const { page, context } = connection
    const { url } = resultOf(interaction) as { url: string }
    mustBe('the address of the page', page.url(), url)
    if (tour.isShop) {
      mustBe('the number of open pages', context.pages().length, 1)
      mustBe('the count beside the cart', await page.getByTestId('cart-count').textContent(), '1')
    }
    await mkdir(tour.outputFolder, { recursive: true })
    const path = join(tour.outputFolder, tour.isShop ? 'shop.png' : 'page.png')
    await page.screenshot({ path })
    return `the same page, “${await page.title()}”; screenshot in ${relative(process.cwd(), path)}`
  },
}
