import { ScriptedProvider } from '@tandem-browser/tool-conformance'
import { demoAccount } from 'tour/accounts'
import { ServedShop } from 'tour/served-shop'
import { shoppingScript } from 'tour/shopper/shopping-script'
import { address, describeTask } from 'tour/shopper/shopping-task'
import { expect, onTestFinished, test, vi } from 'vitest'
import { chooseModel } from '../src/choose-model.ts'
import { type AgentRun, runAgent } from '../src/run-agent.ts'
import { nameOfTool, ScriptedModel } from '../src/scripted-model.ts'

/** Lets an agent shop, and gives what the person was told and asked. */
async function goShopping(
  shop: ServedShop,
  { isApproved, ...model }: Pick<AgentRun, 'model' | 'seesPictures'> & { isApproved: boolean },
) {
  const told: string[] = []
  const asked: string[] = []
  const closing = await runAgent({
    ...model,
    tandem: shop.tandem,
    task: describeTask(taskOf(shop)),
    person: {
      tell: (line) => told.push(line),
      approve: async (description) => {
        asked.push(description)
        return isApproved
      },
    },
  })
  expect(shop.site.orders).toMatchObject([
    {
      lines: [{ quantity: 1, product: { name: 'Valve caps, a pair' } }],
      address: { city: 'Vienna' },
    },
  ])
  expect(closing).toContain(shop.site.orders[0]?.number)
  expect(closing).toContain('Valve caps, a pair for €1.90')
  expect(closing.includes('could not check')).toBe(!isApproved)
  expect(asked).toEqual([expect.stringContaining(`fetch('/price-list.csv')`)])
  expect(told).toContain('    Opening ' + shop.site.url)
  expect(told.filter((line) => line.includes('I check it'))).toHaveLength(1)
  expect(told).toContain(isApproved ? '    Running node code' : '    refused')
  expect(await shop.tandem.sessions.list({ status: 'active' })).toEqual([])
}

const taskOf = (shop: ServedShop) => ({ url: shop.site.url, ...demoAccount, address })

async function openShop(): Promise<ServedShop> {
  const shop = await ServedShop.start()
  onTestFinished(() => shop.close())
  return shop
}

test('the cheapest product of three pages is ordered, with the code that a person approves', async () => {
  const shop = await openShop()
  const model = new ScriptedModel(shoppingScript(taskOf(shop)))
  await goShopping(shop, { model, isApproved: true })
}, 120_000)

test('a model of the environment does it as well, without the code that a person refuses', async () => {
  const shop = await openShop()
  const script = shoppingScript(taskOf(shop))
  await using provider = await ScriptedProvider.start((answer) => {
    const { done, value } = script.next(answer)
    if (done) return { text: value }
    return { text: value.why, calls: [{ name: nameOfTool(value.tool), args: value.args }] }
  })
  const chosen = chooseModel({ OPENAI_BASE_URL: provider.url, AGENT_MODEL: 'scripted' })
  expect(chosen).toBeDefined()
  if (chosen) await goShopping(shop, { ...chosen, isApproved: false })

  const sessions = await shop.tandem.sessions.list()
  const secrets = sessions
    .flatMap(({ id, cdpUrl }) => [id, cdpUrl])
    .filter((secret) => secret !== '')
  expect(secrets.filter((secret) => provider.requests.join().includes(secret))).toEqual([])
  expect(secrets).not.toEqual([])
}, 120_000)

test.each([
  [{}, undefined],
  [{ OPENAI_API_KEY: 'k' }, 'gpt-5.4 of OpenAI'],
  [{ ANTHROPIC_API_KEY: 'k', AGENT_MODEL: 'claude-x' }, 'claude-x of Anthropic'],
  [{ GOOGLE_API_KEY: 'k' }, 'gemini-flash-latest of Google'],
  [
    { OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1', AGENT_MODEL: 'qwen' },
    'qwen at 127.0.0.1:11434',
  ],
])('the environment %j chooses the model', (environment, label) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(chooseModel(environment)?.label).toBe(label)
})

test.each([
  [{ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' }, /AGENT_MODEL/],
  [{ OPENAI_BASE_URL: 'localhost', AGENT_MODEL: 'qwen' }, /whole address such as/],
])('the environment %j is refused with what would be right', (environment, message) => {
  expect(() => chooseModel(environment)).toThrow(message)
})
