import { checkNote, compareProducts, describeOffer, noPrices } from './cheapest-product.ts'
import { act, type Script } from './script.ts'
import type { ShoppingTask } from './shopping-task.ts'

/** How a person who does not think would do the task. All that it knows of the shop it has read. */
export function* shoppingScript(task: ShoppingTask): Script {
  const { cheapest, count, isChecked } = yield* compareProducts(task.url)
  if (!cheapest) return noPrices
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
  return `I ordered ${describeOffer(cheapest)}, the cheapest of ${count} products.${checkNote(isChecked)} The order number is ${number}.`
}

function refOf(snapshot: string, element: string): string {
  const line = snapshot.split('\n').find((each) => each.includes(element))
  return `@${/ref=(e\d+)/.exec(line ?? '')?.[1] ?? element}`
}
