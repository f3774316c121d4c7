import type { ShoppingTask } from './shopping-task.ts'
import type { Script, ScriptedStep } from './scripted-model.ts'

interface Offer {
  name: string
  /** Cents. */
  price: number
}

/** How a person who does not think would do the task. All that it knows of the shop it has read. */
export function* shoppingScript(task: ShoppingTask): Script {
  const offers: Offer[] = []
  yield open('I open the shop.', task.url)
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    if (page > 1) yield act('I turn the page.', 'click', 'Next')
    const shown = yield act('I wait for the list.', 'wait', undefined, `Page ${page} of`)
    pages = Number(/Page \d+ of (\d+)/.exec(shown)?.[1] ?? 1)
    offers.push(...readOffers(yield read(`I read page ${page} of ${pages}.`)))
  }
  const [cheapest] = offers.toSorted((one, other) => one.price - other.price)
  if (!cheapest) return 'I found no prices in the shop.'

  const checked = yield {
    why: `The cheapest seems to be ${cheapest.name}. I check it with the shop's own price list.`,
    tool: 'tandem_execute_code',
    args: {
      code: `await page.evaluate(() => fetch('/price-list.csv').then((answer) => answer.text()))`,
    },
  }
  const isChecked = checked.includes(cheapest.name)

  yield act('I look at it.', 'click', cheapest.name)
  yield act('I put it into the cart.', 'click', 'Add to cart')
  const login = yield act('I go to the order form.', 'click', 'Go to the order form')
  yield act('It wants me to sign in.', 'fill', 'E-mail address', task.email)
  yield act('And the password.', 'fill', 'Password', task.password)
  yield act('I sign in.', 'click', refOf(login, 'button "Sign in"'))
  for (const [label, value] of Object.entries(task.address)) {
    const action = label === 'Country' ? 'select' : 'fill'
    yield act(`${label} is ${value}.`, action, label, value)
  }
  yield act('I accept the terms.', 'check', 'I accept the terms of sale')
  const ordered = yield act('I place the order.', 'click', 'Place the order')
  const number = /\bSS-\d+\b/.exec(ordered)?.[0]
  if (number === undefined) return 'The order was not accepted.'
  const price = (cheapest.price / 100).toFixed(2)
  const note = isChecked ? '' : ' (I could not check that with the price list.)'
  return `I ordered ${cheapest.name} for €${price}, the cheapest of ${offers.length} products.${note} The order number is ${number}.`
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

function refOf(snapshot: string, element: string): string {
  const line = snapshot.split('\n').find((each) => each.includes(element))
  return `@${/ref=(e\d+)/.exec(line ?? '')?.[1] ?? element}`
}

function open(why: string, url: string): ScriptedStep {
  return { why, tool: 'tandem_open_page', args: { url } }
}

function read(why: string): ScriptedStep {
  return { why, tool: 'tandem_read_page', args: { format: 'markdown' } }
}

function act(why: string, action: string, target?: string, value?: string): ScriptedStep {
  return { why, tool: 'tandem_act', args: { action, target, value } }
}
