import { Backend } from '@tandem-browser/tool-conformance'
import { generateText, type ModelMessage, stepCountIs } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTandemTools, toolApproval, type TandemToolOutput } from '../src/index.ts'
import { major, scriptedModel } from './support/scripted-model.ts'

let backend: Backend
beforeAll(async () => {
  backend = await Backend.start()
})
afterAll(() => backend?.close())

type Tools = ReturnType<typeof createTandemTools>

/** Counts in bash, which is there at once. */
const counting = { code: 'count=$((count + 1)); echo $count', language: 'bash' } as const

/** Lets a model count and then say that it is done. */
async function count(tools: Tools, messages: ModelMessage[], options: object = {}) {
  const { model } = scriptedModel([
    { tool: 'openPage', input: { url: backend.site.url } },
    { tool: 'executeCode', input: counting },
    { tool: 'executeCode', input: { code: ' ' } },
  ])
  return generateText({ model, tools, messages, stopWhen: stepCountIs(2), ...options })
}

type Result = Awaited<ReturnType<typeof count>>
const asked: ModelMessage[] = [{ role: 'user', content: 'Count.' }]

const requestsOf = ({ steps }: Result) =>
  steps.flatMap(({ content }) => content.filter((part) => part.type === 'tool-approval-request'))

/** Goes on with what a person said. */
async function goOn(tools: Tools, result: Result, approved: boolean, options: object = {}) {
  const [request] = requestsOf(result)
  const answer = { type: 'tool-approval-response' as const, approvalId: request?.approvalId ?? '' }
  const messages: ModelMessage[] = [
    ...asked,
    ...(result.steps.at(-1)?.response.messages ?? []),
    { role: 'tool', content: [{ ...answer, approved, ...(!approved && { reason: 'Not now.' }) }] },
  ]
  const { model, results } = scriptedModel('Done.')
  await generateText({ model, tools, messages, ...options })
  return results()
}

const counted = async (tools: Tools): Promise<string | undefined> => {
  let last: TandemToolOutput | undefined
  const input = { code: 'echo "${count:-0}"', language: 'bash' } as const
  for await (const output of tools.executeCode.execute(input)) last = output
  return last?.artifact.execution?.result
}

const make = (sessionKey: string, approval?: 'run' | 'act' | 'none') =>
  createTandemTools({ tandem: backend.tandem, sessionKey, approval })

describe('needsApproval of the tools', () => {
  test('asks before code and not before pages, and runs what was approved', async () => {
    await using tools = make('approved')
    const paused = await count(tools, asked)
    const requests = requestsOf(paused)
    // The one that is blank is not asked about.
    expect(requests.map(({ toolCall }) => toolCall)).toMatchObject([
      { toolName: 'executeCode', input: { code: expect.stringMatching(/count/) } },
    ])
    expect(paused.steps[0]?.toolResults.map(({ toolName }) => toolName)).toEqual(['openPage'])
    expect(await counted(tools)).toBe('0')
    const read = await goOn(tools, paused, true)
    expect(read.some(({ text }) => /The code ran.[^]*1[^]*Title: Shop/.test(text))).toBe(true)
    expect(await counted(tools)).toBe('1')
  })

  test('does not run what was denied', async () => {
    await using tools = make('denied')
    const read = await goOn(tools, await count(tools, asked), false)
    expect(read.map(({ text }) => text)).toContain('Not now.')
    expect(await counted(tools)).toBe('0')
  })

  test('asks before everything that acts, or never', async () => {
    await using careful = make('careful', 'act')
    const names = requestsOf(await count(careful, asked)).map(({ toolCall }) => toolCall.toolName)
    expect(names).toEqual(['openPage', 'executeCode'])
    await using free = make('free', 'none')
    const result = await count(free, asked)
    expect(requestsOf(result)).toEqual([])
    expect(await counted(free)).toBe('1')
  })
})

describe.runIf(major === 7)('toolApproval of AI SDK 7', () => {
  test('asks as the policy says, whatever the tools say', async () => {
    await using tools = make('policy', 'none')
    const options = { toolApproval: toolApproval() }
    const paused = await count(tools, asked, options)
    expect(requestsOf(paused).map(({ toolCall }) => toolCall.toolName)).toEqual(['executeCode'])
    expect(await counted(tools)).toBe('0')
    await goOn(tools, paused, true, options)
    expect(await counted(tools)).toBe('1')
  })

  test('lets through what the policy lets through', async () => {
    await using tools = make('open')
    const approval = { ...toolApproval(), executeCode: 'not-applicable' as const }
    const result = await count(tools, asked, { toolApproval: approval })
    expect(requestsOf(result)).toEqual([])
    expect(await counted(tools)).toBe('1')
  })
})
