import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { launchBrowser } from '../../test/browser.ts'
import { demoAccount } from './accounts.ts'
import { type Site, startSite } from './start-site.ts'

let browser: Browser
let site: Site
let page: Page
let mistakes: string[]

beforeAll(async () => {
  browser = await launchBrowser()
})

beforeEach(async () => {
  site = await startSite({ port: 0 })
  page = await openPage()
  mistakes = []
  page.on('pageerror', (error) => mistakes.push(error.message))
})

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
  await site.close()
  if (mistakes.length > 0) throw new Error(`A script of the site failed: ${mistakes.join(', ')}`)
})

afterAll(() => browser.close())

async function openPage(options: { width?: number } = {}): Promise<Page> {
  const viewport = { width: options.width ?? 1280, height: 800 }
  const context = await browser.newContext({ baseURL: site.url, viewport })
  context.setDefaultTimeout(5_000)
  return context.newPage()
}

const list = () => page.locator('#products[aria-busy=false]')

/** Names and prices of the list, as they are shown. */
async function readCards(): Promise<{ name: string; price: number }[]> {
  await list().waitFor()
  return page.locator('.card').evaluateAll((cards) =>
    cards.map((card) => ({
      name: card.querySelector('h3')?.textContent ?? '',
      price: Number(card.querySelector('.price')?.textContent?.replace('€', '')),
    })),
  )
}

async function turnTo(number: number): Promise<void> {
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByText(`Page ${number} of 3`).waitFor()
}

async function addToCart(path: string, quantity: number): Promise<void> {
  await page.goto(path)
  await page.getByLabel('Quantity').fill(String(quantity))
  await page.getByRole('button', { name: 'Add to cart' }).click()
}

async function signIn(password: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(demoAccount.email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

describe('the list of products', () => {
  it('is drawn by the browser, nine a page, on three pages', async () => {
    const source = await (await fetch(site.url)).text()
    expect(source).not.toContain('Alpine brake pads')

    await page.goto('/')
    const first = await readCards()
    await turnTo(2)
    const second = await readCards()
    await turnTo(3)
    const third = await readCards()
    const all = [...first, ...second, ...third]
    expect([first.length, second.length, third.length]).toEqual([9, 9, 9])
    expect(new Set(all.map(({ name }) => name)).size).toBe(27)
    const cheapest = all.toSorted((a, b) => a.price - b.price)[0]
    expect(cheapest).toEqual({ name: 'Valve caps, a pair', price: 1.9 })
    expect(third).toContainEqual(cheapest)
    expect(await page.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true)
  })

  it('keeps its place in the address', async () => {
    await page.goto('/')
    await turnTo(2)
    expect(new URL(page.url()).search).toBe('?page=2')
    await page.reload()
    await page.getByText('Page 2 of 3').waitFor()
    await page.goBack()
    await page.getByText('Page 1 of 3').waitFor()
  })

  it('can be searched', async () => {
    await page.goto('/')
    await page.getByLabel('Search the shop').fill('saddle felted')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByText('1 product', { exact: true }).waitFor()
    expect(await readCards()).toEqual([{ name: 'Merino saddle cover', price: 36 }])
    await page.getByLabel('Search the shop').fill('submarine')
    await page.keyboard.press('Enter')
    await page.getByText('0 products').waitFor()
    expect(await readCards()).toEqual([])
  })
})

describe('an order', () => {
  it('needs a customer and a complete form, and ends with a number', async () => {
    await addToCart('/products/valve-caps-a-pair', 2)
    expect(await page.getByTestId('cart-total').textContent()).toBe('€3.80')
    await page.getByRole('link', { name: 'Go to the order form' }).click()

    await signIn('wrong')
    expect(await page.getByRole('alert').textContent()).toContain('The password is wrong')
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(demoAccount.email)
    await signIn(demoAccount.password)
    await page.getByText(`Hello, ${demoAccount.name}`).waitFor()
    expect(new URL(page.url()).pathname).toBe('/checkout')

    await page.getByLabel('Full name').fill('Ada Byron')
    await page.getByLabel('Postcode').fill('?')
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.getByText('5 fields need your attention').waitFor()
    expect(await page.getByLabel('Full name').inputValue()).toBe('Ada Byron')
    expect(await page.getByLabel('Postcode').getAttribute('aria-invalid')).toBe('true')
    expect(site.orders).toEqual([])

    await page.getByLabel('Street and number').fill('Ringweg 12')
    await page.getByLabel('Postcode').fill('1010')
    await page.getByLabel('Town or city').fill('Vienna')
    await page.getByLabel('Country').selectOption('Austria')
    await page.getByLabel('Express, next day').check()
    await page.getByLabel('I accept the terms of sale').check()
    await page.getByRole('button', { name: 'Place the order' }).click()

    expect(await page.getByTestId('order-number').textContent()).toBe('SS-10001')
    expect(await page.getByTestId('order-total').textContent()).toBe('€16.70')
    expect(await page.getByTestId('cart-count').textContent()).toBe('0')
    expect(site.orders).toMatchObject([
      { number: 'SS-10001', customer: 'Ada', total: 1670, lines: [{ quantity: 2 }] },
    ])

    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download the invoice' }).click()
    const invoice = await download
    expect(invoice.suggestedFilename()).toBe('invoice-SS-10001.csv')
    expect(await readFile(await invoice.path(), 'utf8')).toContain('Total,,16.70')
  })

  it('cannot hold more than there is', async () => {
    await addToCart('/products/ladder-wheelset', 4)
    expect(await page.getByRole('alert').textContent()).toContain('Only 3 pieces')
    await page.goto('/products/wool-seat-pad')
    expect(await page.getByRole('button', { name: 'Add to cart' }).isDisabled()).toBe(true)
  })

  it('can be changed in the cart', async () => {
    await addToCart('/products/copper-bell', 1)
    await addToCart('/products/patch-kit', 1)
    await page.getByLabel('Quantity of Copper bell').fill('3')
    await page.getByRole('button', { name: 'Change' }).first().click()
    expect(await page.getByTestId('cart-total').textContent()).toBe('€56.40')
    await page.getByRole('button', { name: 'Remove Copper bell' }).click()
    expect(await page.getByTestId('cart-total').textContent()).toBe('€6.90')
  })

  it('and the cart belong to one visitor', async () => {
    await addToCart('/products/copper-bell', 1)
    const other = await openPage()
    await other.goto('/cart')
    await other.getByText('Your cart is empty').waitFor()
    expect((await other.goto('/orders/SS-10001'))?.status()).toBe(404)
  })
})

describe('a product', () => {
  it('has tabs, by pointer and by keyboard', async () => {
    await page.goto('/products/beacon-front-light')
    await page.getByText('142 g').waitFor()
    await page.getByRole('tab', { name: 'Reviews (2)' }).click()
    await page.getByRole('heading', { name: 'Write a review' }).waitFor()
    expect(await page.getByText('142 g').isVisible()).toBe(false)
    await page.keyboard.press('ArrowRight')
    await page.getByText('142 g').waitFor()
    const tab = page.getByRole('tab', { name: 'Details' })
    expect(await tab.getAttribute('aria-selected')).toBe('true')
  })

  it('shows its rating from an open shadow root', async () => {
    await page.goto('/products/alpine-brake-pads')
    const label = await page
      .locator('star-rating')
      .first()
      .evaluate((element) =>
        element.shadowRoot?.querySelector('.stars')?.getAttribute('aria-label'),
      )
    expect(label).toBe('Rated 4.3 of 5, 3 reviews')
  })

  it('takes a review, with stars from a shadow root and a photo', async () => {
    await page.goto('/products/patch-kit')
    await page.getByRole('tab', { name: /Reviews/ }).click()
    const send = page.getByRole('button', { name: 'Send the review' })
    await page.getByLabel('Your name').fill('Grace')
    await send.click()
    expect(await page.getByRole('alert').textContent()).toContain('one to five stars')
    expect(await page.getByLabel('Your name').inputValue()).toBe('Grace')

    await page.getByRole('group', { name: 'Your rating' }).getByLabel('4 stars').click()
    await page.getByLabel('Your review').fill('Saved an evening in the rain.')
    const photo = { name: 'kit & tin.png', mimeType: 'image/png', buffer: Buffer.alloc(70_001, 1) }
    await page.getByLabel(/A photo/).setInputFiles(photo)
    await send.click()
    expect(await page.getByRole('status').textContent()).toContain(
      'with the photo kit & tin.png (70001 bytes)',
    )
    await page.getByText('Saved an evening in the rain.').waitFor()
    await page.getByRole('tab', { name: 'Reviews (4)' }).waitFor()
  })

  it.each([
    ['is no image', 'notes.txt', 'text/plain', 10, 'must be an image'],
    ['is too large', 'large.png', 'image/png', 5_000_001, 'larger than 5 MB'],
  ])('refuses a photo that %s', async (_, name, mimeType, size, sentence) => {
    await page.goto('/products/patch-kit')
    await page.getByRole('tab', { name: /Reviews/ }).click()
    await page.getByLabel('Your name').fill('Grace')
    await page.getByLabel('5 stars').click()
    await page.getByLabel('Your review').fill('Saved an evening in the rain.')
    await page.getByLabel(/A photo/).setInputFiles({ name, mimeType, buffer: Buffer.alloc(size) })
    await page.getByRole('button', { name: 'Send the review' }).click()
    expect(await page.getByRole('alert').textContent()).toContain(sentence)
  })
})

describe('the other pages', () => {
  it('the size guide works in its iframe', async () => {
    await page.goto('/size-guide')
    const calculator = page.frameLocator('iframe[title="Frame size calculator"]')
    await calculator.getByLabel('Inside leg, in centimetres').fill('84')
    await calculator.getByRole('button', { name: 'Work out the size' }).click()
    expect(await calculator.getByRole('status').textContent()).toBe('Your frame size is 55 cm.')
  })

  it('the price list is a download', async () => {
    await page.goto('/')
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Price list (CSV)' }).click()
    const file = await download
    expect(file.suggestedFilename()).toBe('price-list.csv')
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n')
    expect(lines).toHaveLength(28)
    expect(lines).toContain('"Valve caps, a pair",Wheels,1.90,120')
  })

  it('the workshop never stands still', async () => {
    await page.goto('/workshop')
    const clock = page.getByRole('timer')
    const before = await clock.textContent()
    expect(before).toMatch(/^\d\d:\d\d:\d\d\.\d$/)
    await expect.poll(() => clock.textContent()).not.toBe(before)
    const turn = await page.locator('#wheel').getAttribute('style')
    await expect.poll(() => page.locator('#wheel').getAttribute('style')).not.toBe(turn)
  })

  it('what is not there says so', async () => {
    expect((await page.goto('/products/<b>nothing</b>'))?.status()).toBe(404)
    await page.getByRole('heading', { name: 'Nothing here' }).waitFor()
    expect((await fetch(`${site.url}/assets/..%2fstart-site.ts`)).status).toBe(404)
  })

  it('sign-in leads nowhere else', async () => {
    await page.goto('/login?next=//elsewhere.example/')
    await signIn(demoAccount.password)
    await page.getByText('Hello, Ada').waitFor()
    expect(page.url()).toBe(`${site.url}/`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
  })

  it('fit a phone', async () => {
    page = await openPage({ width: 360 })
    await addToCart('/products/tubeless-tyre-40-mm', 2)
    await page.goto('/login?next=/checkout')
    await signIn(demoAccount.password)
    await page.getByText('What you order').waitFor()
    for (const path of [
      '/',
      '/cart',
      '/checkout',
      '/products/copper-bell',
      '/size-guide',
      '/workshop',
    ]) {
      await page.goto(path)
      if (path === '/') await list().waitFor()
      const width = await page.evaluate('document.documentElement.scrollWidth')
      expect(`${path} ${String(width)}`).toBe(`${path} 360`)
    }
  })
})

it('close ends it, open connections and all', async () => {
  const other = await startSite({ port: 0 })
  const { port } = new URL(other.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'data')
  const closed = once(socket, 'close')
  await other.close()
  socket.resume()
  await closed
  await expect(fetch(other.url)).rejects.toThrow('fetch failed')
})
