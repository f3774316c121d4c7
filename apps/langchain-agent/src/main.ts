import { parseArgs } from 'node:util'
import { demoAccount } from 'tour/accounts'
import { chooseModel } from './choose-model.ts'
import { runAgent } from './run-agent.ts'
import { ScriptedModel } from './scripted-model.ts'
import { shoppingScript } from './shopping-script.ts'
import { address, describeTask, type ShoppingTask } from './shopping-task.ts'
import { Stage } from './stage.ts'
import { terminalPerson } from './terminal.ts'

const { values } = parseArgs({ options: { yes: { type: 'boolean', default: false } } })
const person = terminalPerson(values)
const chosen = chooseModel(process.env)

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('Interrupted.')))

const stage = await Stage.set()
try {
  const { email, password } = demoAccount
  const task: ShoppingTask = { url: stage.site.url, email, password, address }
  person.tell(
    chosen
      ? `Model: ${chosen.label}.`
      : 'Model: none. SCRIPTED: the environment has no key, so a script plays the model. It calls the same tools.',
  )
  const closing = await runAgent({
    tandem: stage.tandem,
    model: chosen?.model ?? new ScriptedModel(shoppingScript(task)),
    task: describeTask(task),
    person,
    signal: interrupted.signal,
  })
  person.tell(`\n${closing}`)
  const orders = stage.site.orders.map(
    ({ number, lines }) => `${number}: ${lines[0]?.product.name}`,
  )
  person.tell(`The shop has these orders: ${orders.join(', ') || 'none'}.`)
  if (orders.length === 0) process.exitCode = 1
} finally {
  await stage.close()
}
