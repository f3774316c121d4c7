import { act, execute, open, read, type Script, type ScriptPart } from './script.ts'

export interface Offer {
  name: string
  /** Cents. */
  price: number
}

/** What a look at every page of the shop's list gave. */
export interface Comparison {
  /** Missing when the shop shows no prices. */
  cheapest?: Offer
  /** How many products in stock there are. */
  count: number
  /** Whether the shop's price list names the cheapest one as well. */
  isChecked: boolean
}

/** Reads every page of the shop's list, and checks the cheapest product with code. */
export function* compareProducts(url: string): ScriptPart<Comparison> {
  const offers: Offer[] = []
  yield open('I open the shop.', url)
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    if (page > 1) yield act('I turn the page.', 'click', 'Next')
    const shown = yield act('I wait for the list.', 'wait', undefined, `Page ${page} of`)
    pages = Number(/Page \d+ of (\d+)/.exec(shown)?.[1] ?? 1)
    offers.push(...readOffers(yield read(`I read page ${page} of ${pages}.`)))
  }
  const [cheapest] = offers.toSorted((one, other) => one.price - other.price)
  if (!cheapest) return { count: 0, isChecked: false }
  const checked = yield execute(
    `The cheapest seems to be ${cheapest.name}. I check it with the shop's own price list.`,
    `await page.evaluate(() => fetch('/price-list.csv').then((answer) => answer.text()))`,
  )
  return { cheapest, count: offers.length, isChecked: checked.includes(cheapest.name) }
}

/** Says which product is the cheapest, and shows it. */
export function* comparingScript(url: string): Script {
  const { cheapest, count, isChecked } = yield* compareProducts(url)
  if (!cheapest) return noPrices
  yield act('I look at it.', 'click', cheapest.name)
  yield { why: 'I take a picture of it.', tool: 'screenshot', args: {} }
  return `The cheapest of ${count} products in stock is ${describeOffer(cheapest)}.${checkNote(isChecked)}`
}

export const noPrices = 'I found no prices in the shop.'

export function describeOffer({ name, price }: Offer): string {
  return `${name} for €${(price / 100).toFixed(2)}`
}

export function checkNote(isChecked: boolean): string {
  return isChecked ? '' : ' (I could not check that with the price list.)'
}

/** Names and prices of what the Markdown of a page lists and the shop has. */
function readOffers(markdown: string): Offer[] {
  const cards = markdown.matchAll(/\[([^\]]+)\]\([^)]*\/products\/[^)]*\)([^[]*)/g)
  return [...cards].flatMap(([, name = '', rest = '']) => {
    const price = /€(\d+)\.(\d\d)/.exec(rest)
    if (!price || rest.includes('Out of stock')) return []
    return [{ name, price: Number(price[1]) * 100 + Number(price[2]) }]
  })
}
