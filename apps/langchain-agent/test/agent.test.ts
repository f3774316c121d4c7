import { ScriptedProvider } from '@tandem-browser/tool-conformance'
import { demoAccount } from 'tour/accounts'
import { expect, onTestFinished, test, vi } from 'vitest'
import { chooseModel } from '../src/choose-model.ts'
import { type AgentRun, runAgent } from '../src/run-agent.ts'
import { ScriptedModel } from '../src/scripted-model.ts'
import { shoppingScript } from '../src/shopping-script.ts'
import { address, describeTask } from '../src/shopping-task.ts'
import { Stage } from '../src/stage.ts'

/** Lets an agent shop, and gives what the person was told and asked. */
async function shop(
  stage: Stage,
  { isApproved, ...model }: Pick<AgentRun, 'model' | 'seesPictures'> & { isApproved: boolean },
) {
  const told: string[] = []
  const asked: string[] = []
  const closing = await runAgent({
    ...model,
    tandem: stage.tandem,
    task: describeTask(taskOf(stage)),
    person: {
      tell: (line) => told.push(line),
      approve: async (description) => {
        asked.push(description)
        return isApproved
      },
    },
  })
  expect(stage.site.orders).toMatchObject([
    {
      lines: [{ quantity: 1, product: { name: 'Valve caps, a pair' } }],
      address: { city: 'Vienna' },
    },
  ])
  expect(closing).toContain(stage.site.orders[0]?.number)
  expect(closing).toContain('Valve caps, a pair for €1.90')
  expect(closing.includes('could not check')).toBe(!isApproved)
  expect(asked).toEqual([expect.stringContaining(`fetch('/price-list.csv')`)])
  expect(told).toContain('    Opening ' + stage.site.url)
  expect(told.filter((line) => line.includes('I check it'))).toHaveLength(1)
  expect(told).toContain(isApproved ? '    Running node code' : '    refused')
  expect(await stage.tandem.sessions.list({ status: 'active' })).toEqual([])
}

const taskOf = (stage: Stage) => ({ url: stage.site.url, ...demoAccount, address })

async function setStage(): Promise<Stage> {
  const stage = await Stage.set()
  onTestFinished(() => stage.close())
  return stage
}

test('the cheapest product of three pages is ordered, with the code that a person approves', async () => {
  const stage = await setStage()
  const model = new ScriptedModel(shoppingScript(taskOf(stage)))
  await shop(stage, { model, isApproved: true })
}, 120_000)

test('a model of the environment does it as well, without the code that a person refuses', async () => {
  const stage = await setStage()
  const script = shoppingScript(taskOf(stage))
  await using provider = await ScriptedProvider.start((answer) => {
    const { done, value } = script.next(answer)
    if (done) return { text: value }
    return { text: value.why, calls: [{ name: value.tool, args: value.args }] }
  })
  const chosen = chooseModel({ OPENAI_BASE_URL: provider.url, AGENT_MODEL: 'scripted' })
  expect(chosen).toBeDefined()
  if (chosen) await shop(stage, { ...chosen, isApproved: false })

  const sessions = await stage.tandem.sessions.list()
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
