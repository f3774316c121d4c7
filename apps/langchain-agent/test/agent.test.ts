import { demoAccount } from 'tour/accounts'
import { expect, onTestFinished, test } from 'vitest'
import { chooseModel } from '../src/choose-model.ts'
import { runAgent } from '../src/run-agent.ts'
import { ScriptedModel } from '../src/scripted-model.ts'
import { shoppingScript } from '../src/shopping-script.ts'
import { address, describeTask } from '../src/shopping-task.ts'
import { Stage } from '../src/stage.ts'

test.each([
  ['with the code that a person approves', true],
  ['without the code that a person refuses', false],
])(
  'the cheapest product of three pages is ordered, %s',
  async (_, isApproved) => {
    const stage = await Stage.set()
    onTestFinished(() => stage.close())
    const task = { url: stage.site.url, ...demoAccount, address }
    const told: string[] = []
    const asked: string[] = []
    const closing = await runAgent({
      tandem: stage.tandem,
      model: new ScriptedModel(shoppingScript(task)),
      task: describeTask(task),
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
  },
  120_000,
)

test.each([
  [{}, undefined],
  [{ OPENAI_API_KEY: 'k' }, 'gpt-5.1 of OpenAI'],
  [{ ANTHROPIC_API_KEY: 'k', AGENT_MODEL: 'claude-x' }, 'claude-x of Anthropic'],
  [{ GOOGLE_API_KEY: 'k' }, 'gemini-2.5-pro of Google'],
  [
    { OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1', AGENT_MODEL: 'qwen' },
    'qwen at 127.0.0.1:11434',
  ],
])('the environment %j chooses the model', (environment, label) => {
  for (const [name, value] of Object.entries(environment)) process.env[name] = value
  try {
    expect(chooseModel(environment)?.label).toBe(label)
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name]
  }
})
