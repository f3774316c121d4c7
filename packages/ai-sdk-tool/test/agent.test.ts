import { AuthenticationError } from '@tandem-browser/core'
import { Backend } from '@tandem-browser/tool-conformance'
import { generateText, stepCountIs, ToolLoopAgent } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTandemTools, type TandemToolOutput } from '../src/index.ts'
import { inConversation } from './support/in-conversation.ts'
import { major, scriptedModel, type ScriptedTurn } from './support/scripted-model.ts'

let backend: Backend
let tools: ReturnType<typeof createTandemTools>

beforeAll(async () => {
  backend = await Backend.start()
  tools = createTandemTools({ tandem: backend.tandem, approval: 'none' })
})
afterAll(async () => {
  await tools?.close()
  await backend?.close()
})

const call = (tool: string, input: unknown) => ({ tool, input })
/** In bash, because the language is of no matter here: it is there at once. */
const code = (text: string, more: object = {}) =>
  call('executeCode', { code: text, language: 'bash', ...more })

/** Lets a model play these turns with the tools. */
async function run(key: string, turns: readonly ScriptedTurn[], options: object = {}) {
  const script = scriptedModel(...turns)
  const { steps } = await generateText({
    ...{ model: script.model, tools, prompt: 'Do it.' },
    ...{ stopWhen: stepCountIs(10), ...inConversation(key), ...options },
  })
  const outputs = steps.flatMap(({ toolResults }) =>
    toolResults.map(({ output }) => output as TandemToolOutput),
  )
  return { ...script, steps, outputs }
}

const resultOf = (output: TandemToolOutput | undefined) => output?.artifact.execution?.result

describe('in a loop', () => {
  test('a page is opened, used and seen, and no secret reaches the model', async () => {
    const { outputs, results, calls } = await run('used', [
      [call('openPage', { url: `${backend.site.url}/form` })],
      [call('act', { action: 'fill', target: 'Name', value: 'Ada' })],
      [call('act', { action: 'click', target: 'Nowhere' })],
      [call('openPage', { url: 7, hidden: 'value' })],
      [call('screenshot', {})],
      [code('env')],
      [call('delegate', { task: 'Say hello.' })],
    ])
    expect(outputs.map(({ status }) => status)).toEqual(['ok', 'ok', 'error', 'ok', 'ok'])
    const read = results()
    expect(read.map(({ type }) => type)).toEqual([
      ...['text', 'text', 'error-text', 'error-text', 'content', 'text', 'error-text'],
    ])
    expect(read[0]?.text).toMatch(/textbox "Name ?"/)
    expect(read[2]?.text).toMatch(/No element/)
    expect(read[3]?.text).toMatch(/openPage: .*hidden: is not known[^]*url: must be a string/s)
    expect(read[4]?.pictures).toEqual([expect.stringMatching(/^\/9j/)])
    // The server has no model of its own.
    expect(read[6]?.text).toMatch(/Prompts are not available/)
    if (major === 7) expect(read[6]?.text).toMatch(/^NotConfiguredError: /)

    const [{ artifact } = {}] = outputs
    expect(artifact).toMatchObject({
      tool: 'openPage',
      session: { id: expect.any(String), liveViewUrl: expect.any(String) },
      page: { title: 'Order', status: 200 },
    })
    expect(calls).toHaveLength(8)
    const seen = JSON.stringify(calls)
    const secrets = [...(await backend.secrets()), 'node_modules']
    expect(secrets.filter((secret) => seen.includes(secret))).toEqual([])
  })

  test('an agent has one session for its turns, and others have theirs', async () => {
    const script = scriptedModel(
      ...[[code('count=1')], 'One.', [code('count=$((count + 1)); echo $count')], 'Two.'],
    )
    const agent = new ToolLoopAgent({
      ...{ model: script.model, tools, stopWhen: stepCountIs(10) },
      ...inConversation('turns'),
    })
    const first = await agent.generate({ prompt: 'Begin.' })
    const second = await agent.generate({ prompt: 'Go on.' })
    const outputOf = ({ steps }: typeof first) =>
      steps[0]?.toolResults[0]?.output as TandemToolOutput
    expect(resultOf(outputOf(second))).toBe('2')
    const other = await run('others', [[code('echo "${count-nothing}"')]])
    expect(resultOf(other.outputs[0])).toBe('nothing')
    expect(outputOf(second).artifact.session?.id).toBe(outputOf(first).artifact.session?.id)
    expect(other.outputs[0]?.artifact.session?.id).not.toBe(outputOf(first).artifact.session?.id)
  })

  test('a call without a key gets no session, whatever others have', async () => {
    const before = await backend.activeSessions()
    const { steps, results } = await run('', [[code('1')]], inConversation(''))
    const [failure] = steps[0]?.content.filter(({ type }) => type === 'tool-error') ?? []
    expect(failure).toMatchObject({ error: { name: 'ValidationError' } })
    expect(results()[0]?.text).toMatch(/whose session .*sessionKey/)
    expect(await backend.activeSessions()).toEqual(before)
  })

  test('failures of the service are errors of the AI SDK', async () => {
    await using stranger = createTandemTools({ tandem: backend.stranger, sessionKey: 'x' })
    const script = scriptedModel([call('readPage', {})])
    const { steps } = await generateText({
      ...{ model: script.model, tools: stranger, prompt: 'Do it.', stopWhen: stepCountIs(5) },
    })
    const failure = steps[0]?.content.find((part) => part.type === 'tool-error')
    expect(AuthenticationError.isInstance(failure?.error)).toBe(true)
    expect(script.results()[0]).toMatchObject({ type: 'error-text' })
    expect(JSON.stringify(script.calls)).not.toContain('td-nobody')
  })
})

describe('what is stopped', () => {
  test('by the signal stops on the server', async () => {
    const controller = new AbortController()
    const started = backend.site.requested('/started')
    const running = run('abort', [[endless(), code(':')]], { abortSignal: controller.signal })
    const ended = running.catch((error: unknown) => error)
    await started
    controller.abort()
    const failure = await ended
    expect(failure).toMatchObject({ name: 'AbortError' })
    // It runs in the same session: while the first did, it could not.
    const after = await run('abort', [[code('echo after')]])
    expect(resultOf(after.outputs[0])).toBe('after')
  })

  test('by leaving the results stops on the server', async () => {
    const started = backend.site.requested('/started')
    const input = endless().input as { code: string; language: 'bash'; timeout: number }
    const { signal } = new AbortController()
    const outputs = tools.executeCode.execute(input, {
      ...{ abortSignal: signal, context: { sessionKey: 'left' } },
    })
    await outputs.next()
    await started
    await outputs.return()
    const after = await run('left', [[code('echo after')]])
    expect(resultOf(after.outputs[0])).toBe('after')
  })

  test.runIf(major === 7)('by the timeout of a tool stops on the server', async () => {
    const { steps, results, outputs } = await run('timeout', [[endless()], [code('echo after')]], {
      timeout: { toolMs: 3_000 },
    })
    expect(steps[0]?.content.find((part) => part.type === 'tool-error')?.error).toMatchObject({
      name: 'TimeoutError',
    })
    expect(results()[0]?.text).toMatch(/^TimeoutError: .*longer than the application allows/)
    expect(resultOf(outputs[0])).toBe('after')
  })

  function endless() {
    return code(`agent-browser open ${backend.site.url}/started; sleep 300`, { timeout: 300 })
  }
})
