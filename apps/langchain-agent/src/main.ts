import { parseArgs } from 'node:util'
import { redact } from '@tandem-browser/core'
import { demoAccount } from 'tour/accounts'
import { ServedShop } from 'tour/served-shop'
import { shoppingScript } from 'tour/shopper/shopping-script'
import { address, describeTask, type ShoppingTask } from 'tour/shopper/shopping-task'
import { chooseModel, type ChosenModel } from './choose-model.ts'
import { runAgent } from './run-agent.ts'
import { ScriptedModel } from './scripted-model.ts'
import { terminalPerson } from './terminal.ts'

const { values } = parseArgs({ options: { yes: { type: 'boolean', default: false } } })
const person = terminalPerson(values)

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('Interrupted.')))

/** Lets the agent shop in a shop of its own, and gives the exit code. */
async function goShopping(chosen: ChosenModel | undefined): Promise<number> {
  const shop = await ServedShop.start()
  try {
    const { email, password } = demoAccount
    const task: ShoppingTask = { url: shop.site.url, email, password, address }
    const closing = await runAgent({
      tandem: shop.tandem,
      model: chosen?.model ?? new ScriptedModel(shoppingScript(task)),
      task: describeTask(task),
      person,
      seesPictures: chosen?.seesPictures,
      signal: interrupted.signal,
    })
    person.tell(`\n${closing}`)
    const orders = shop.site.orders.map(
      ({ number, lines }) => `${number}: ${lines[0]?.product.name}`,
    )
    person.tell(`The shop has these orders: ${orders.join(', ') || 'none'}.`)
    return orders.length === 0 ? 1 : 0
  } finally {
    await shop.close()
  }
}

try {
  const chosen = chooseModel(process.env)
  person.tell(
    chosen
      ? `Model: ${chosen.label}.`
      : 'Model: none. SCRIPTED: the environment has no key, so a script plays the model. It calls the same tools.',
  )
  process.exitCode = await goShopping(chosen)
} catch (error) {
  // A provider's error may hold more than a person should see of a request.
  process.stderr.write(`${redact(interrupted.signal.aborted ? 'Stopped.' : String(error))}\n`)
  process.exitCode = interrupted.signal.aborted ? 130 : 1
}
