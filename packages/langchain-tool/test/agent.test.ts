import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { fakeModel } from '@langchain/core/testing'
import { Command, MemorySaver } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { Backend } from '@tandem-browser/tool-conformance'
import type { ToolArtifact } from '@tandem-browser/core/tools'
import { createAgent, createMiddleware, humanInTheLoopMiddleware, tool } from 'langchain'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTandemTools, interruptOn, type TandemTools } from '../src/index.ts'

let backend: Backend
let tools: TandemTools

beforeAll(async () => {
  backend = await Backend.start()
  tools = createTandemTools({ tandem: backend.tandem })
})
afterAll(async () => {
  await tools?.close()
  await backend?.close()
})

const task = (text = 'Do it.'): { messages: BaseMessage[] } => ({
  messages: [new HumanMessage(text)],
})
/** Each thread has a session of its own; tests that need none of theirs use one that is there. */
const inThread = (thread_id: string) => ({ configurable: { thread_id } })

/** A model that makes these calls, each in a step of its own, and then says that it is done. */
function scripted(...steps: { name: string; args: Record<string, unknown> }[][]) {
  return steps
    .reduce((model, calls) => model.respondWithTools(calls), fakeModel())
    .respond(new AIMessage('Done.'))
}

const code = (text: string, more: Record<string, unknown> = {}) => ({
  name: 'tandem_execute_code',
  args: { code: text, ...more },
})

/** Where the language is of no matter: a shell is there at once. */
const shell = (text: string, more: Record<string, unknown> = {}) =>
  code(text, { language: 'bash', ...more })

function answers(result: { messages: BaseMessage[] }): ToolMessage[] {
  return result.messages.filter((message) => ToolMessage.isInstance(message))
}

function artifactOf(message: BaseMessage | undefined): ToolArtifact {
  return (message as ToolMessage).artifact as ToolArtifact
}

describe('in an agent', () => {
  test('a page is opened, used and seen, and no secret reaches the model', async () => {
    const model = scripted(
      [{ name: 'tandem_open_page', args: { url: `${backend.site.url}/form` } }],
      [{ name: 'tandem_act', args: { action: 'fill', target: 'Name', value: 'Ada' } }],
      [{ name: 'tandem_act', args: { action: 'click', target: 'Nowhere' } }],
      [{ name: 'tandem_open_page', args: { url: 7, hidden: 'password' } }],
      [{ name: 'tandem_screenshot', args: {} }],
      [code('env', { language: 'bash' })],
    )
    const result = await createAgent({ model, tools }).invoke(task(), inThread('used'))
    const messages = answers(result)
    expect(messages.map(({ status }) => status)).toEqual([
      'success',
      'success',
      'error',
      'error',
      'success',
      'success',
    ])
    expect(messages[0]?.text).toMatch(/textbox "Name ?"/)
    expect(messages[2]?.text).toMatch(/No element/)
    expect(messages[3]?.text).toMatch(/hidden: is not known[^]*url: must be a string/)
    expect(artifactOf(messages[2])).toMatchObject({ tool: 'act', page: { title: 'Order' } })
    const session = artifactOf(messages[0]).session
    expect(session).toMatchObject({ id: expect.any(String), liveViewUrl: expect.any(String) })
    expect(artifactOf(messages[4])).toMatchObject({
      session,
      screenshot: { base64: expect.stringMatching(/^\/9j/) },
    })
    expect(messages[4]?.content).toMatchObject([
      { type: 'text' },
      {
        type: 'image_url',
        image_url: { url: expect.stringMatching(/^data:image\/jpeg;base64,\/9j/) },
      },
    ])

    const seen = model.calls.map((call) =>
      JSON.stringify(call.messages.map(({ content }) => content)),
    )
    expect(seen).toHaveLength(7)
    const secrets = [...(await backend.secrets()), 'password', 'node_modules']
    expect(secrets.filter((secret) => seen.at(-1)?.includes(secret))).toEqual([])
  })

  test('turns of one thread share a session, threads do not', async () => {
    const checkpointer = new MemorySaver()
    const model = scripted([shell('count=1')], [shell('count=$((count + 1))')])
    const agent = createAgent({
      model: model
        .respondWithTools([shell('count=$((count + 1)); echo $count')])
        .respond(new AIMessage('Done.')),
      tools,
      checkpointer,
    })
    const first = answers(await agent.invoke(task(), inThread('turns')))
    const second = answers(await agent.invoke(task(), inThread('turns')))
    expect(artifactOf(second.at(-1)).execution?.result).toBe('3')
    const other = scripted([shell('echo "${count-nothing}"')])
    const apart = answers(await createAgent({ model: other, tools }).invoke(task(), inThread('x')))
    expect(artifactOf(apart[0]).execution?.result).toBe('nothing')
    const ids = [first[0], first[1], second.at(-1), apart[0]].map(
      (each) => artifactOf(each).session?.id,
    )
    expect(new Set(ids).size).toBe(2)
  })

  test('agents that work at once for another one have sessions of their own', async () => {
    const ids: (string | undefined)[] = []
    const research = tool(
      async ({ topic }: { topic: string }) => {
        const model = scripted([shell(`topic=${topic}`)], [shell('echo $topic')])
        const result = await createAgent({ model, tools }).invoke(task())
        ids.push(...answers(result).map((each) => artifactOf(each).session?.id))
        return artifactOf(answers(result)[1]).execution?.result ?? ''
      },
      {
        name: 'research',
        description: 'Asks another agent.',
        schema: { type: 'object', properties: { topic: { type: 'string' } } },
      },
    )
    const model = scripted([
      { name: 'research', args: { topic: 'bells' } },
      { name: 'research', args: { topic: 'saddles' } },
    ])
    const agent = createAgent({ model, tools: [research] })
    const result = answers(await agent.invoke(task(), inThread('parent')))
    expect(result.map(({ text }) => text)).toEqual(['bells', 'saddles'])
    expect(ids).toHaveLength(4)
    expect(new Set(ids).size).toBe(2)
  })

  test('progress comes as tool events', async () => {
    const model = scripted([code(`console.log('half way')`)])
    const stream = await createAgent({ model, tools }).stream(task(), {
      ...inThread('used'),
      streamMode: 'tools',
    })
    const events: { event: string; name: string; data?: unknown }[] = []
    for await (const event of stream) events.push(event)
    expect(events.map(({ event }) => event)).toEqual([
      'on_tool_start',
      'on_tool_event',
      'on_tool_event',
      'on_tool_event',
      'on_tool_end',
    ])
    expect(events.slice(1, 4)).toMatchObject([
      {
        name: 'tandem_execute_code',
        data: { type: 'session', session: { id: expect.any(String) } },
      },
      { data: { type: 'step', message: 'Running node code' } },
      { data: { type: 'stdout', text: 'half way\n' } },
    ])
  })

  test('aborting the agent stops what runs on the server', async () => {
    const controller = new AbortController()
    const started = backend.site.requested('/started')
    const endless = `agent-browser open ${backend.site.url}/started; sleep 300`
    const model = scripted([shell(endless, { timeout: 300 })])
    const config = { ...inThread('abort'), signal: controller.signal }
    const run = createAgent({ model, tools }).invoke(task(), config)
    const ended = run.catch((error: unknown) => error)
    await started
    controller.abort()
    expect(await ended).toBeInstanceOf(Error)
    // It runs in the same session: while the first did, it could not.
    const after = scripted([shell('echo after')])
    const result = await createAgent({ model: after, tools }).invoke(task(), inThread('abort'))
    expect(artifactOf(answers(result)[0]).execution?.result).toBe('after')
  })
})

describe('a person is asked', () => {
  const agentWith = (model: ReturnType<typeof scripted>, before: 'run' | 'act' = 'run') => {
    const asking = humanInTheLoopMiddleware({ interruptOn: interruptOn({ before }) })
    return createAgent({
      model,
      tools,
      checkpointer: new MemorySaver(),
      middleware: [asking],
    })
  }

  test('before code, and only then', async () => {
    const open = { name: 'tandem_open_page', args: { url: backend.site.url } }
    const agent = agentWith(scripted([open], [code('await page.title()', { timeout: 20 })]))
    const paused = await agent.invoke(task(), inThread('used'))
    expect(answers(paused)).toHaveLength(1)
    const [interrupt] = (paused as unknown as { __interrupt__: { value: unknown }[] }).__interrupt__
    expect(interrupt?.value).toMatchObject({
      actionRequests: [
        {
          name: 'tandem_execute_code',
          description:
            'Run code in the browser session (node, {"timeout":20}):\nawait page.title()',
        },
      ],
      reviewConfigs: [{ allowedDecisions: ['approve', 'edit', 'reject'] }],
    })
    const resume = new Command({ resume: { decisions: [{ type: 'approve' }] } })
    const result = await agent.invoke(resume, inThread('used'))
    expect(artifactOf(answers(result).at(-1)).execution?.result).toBe('Shop')
  })

  test('and what is rejected does not run', async () => {
    const agent = agentWith(scripted([shell('ran=yes')], []))
    await agent.invoke(task(), inThread('turns'))
    const decisions = [{ type: 'reject', message: 'Not now.' }]
    const result = await agent.invoke(new Command({ resume: { decisions } }), inThread('turns'))
    expect(answers(result)[0]).toMatchObject({ status: 'error', content: 'Not now.' })
    const after = scripted([shell('echo "${ran-no}"')])
    const { messages } = await createAgent({ model: after, tools }).invoke(
      task(),
      inThread('turns'),
    )
    expect(
      artifactOf(messages.find((each) => ToolMessage.isInstance(each))).execution?.result,
    ).toBe('no')
  })

  test('and what a person has edited runs as it is then', async () => {
    const agent = agentWith(scripted([code('6 * 6')]))
    await agent.invoke(task(), inThread('used'))
    const decisions = [{ type: 'edit', editedAction: code('6 * 7') }]
    const result = await agent.invoke(new Command({ resume: { decisions } }), inThread('used'))
    expect(artifactOf(answers(result)[0]).execution?.result).toBe('42')
  })

  test('before everything that acts, if that is wanted', async () => {
    const agent = agentWith(
      scripted([{ name: 'tandem_open_page', args: { url: backend.site.url } }]),
      'act',
    )
    const paused = await agent.invoke(task(), inThread('acting'))
    expect(answers(paused)).toEqual([])
    expect(Object.keys(interruptOn({ before: 'act', prefix: 'b_' }))).toEqual([
      'b_open_page',
      'b_act',
      'b_execute_code',
      'b_delegate',
    ])
  })
})

describe('failures of the service', () => {
  test('are told to the model by default, and end the run of an agent that passes them on', async () => {
    await using stranger = createTandemTools({ tandem: backend.stranger })
    const model = scripted([code('1')])
    const result = await createAgent({ model, tools: stranger }).invoke(task())
    expect(answers(result)[0]).toMatchObject({
      status: 'error',
      content: expect.stringContaining('AuthenticationError'),
    })

    const passOn = createMiddleware({
      name: 'PassOnFailures',
      wrapToolCall: (request, handler) => handler(request),
    })
    const strict = createAgent({
      model: scripted([code('1')]),
      tools: stranger,
      middleware: [passOn],
    })
    await expect(strict.invoke(task())).rejects.toMatchObject({ name: 'AuthenticationError' })
  })
})

test('a tool node runs the tools, and shows wrong input to the model', async () => {
  const node = new ToolNode(tools)
  const call = (id: string, args: Record<string, unknown>) => ({
    ...{ id, args, name: 'tandem_execute_code', type: 'tool_call' as const },
  })
  const message = new AIMessage({
    content: '',
    tool_calls: [call('1', { code: '6 * 7' }), call('2', { code: ' ' })],
  })
  const [right, wrong] = (await node.invoke([message], inThread('used'))) as ToolMessage[]
  expect(artifactOf(right).execution?.result).toBe('42')
  expect(wrong).toMatchObject({
    status: 'error',
    tool_call_id: '2',
    content: expect.stringMatching(/code: .*blank/),
  })
})

test('tools for strict models take null for what is left out', async () => {
  await using strict = createTandemTools({ tandem: backend.tandem, strict: true })
  const given = { action: 'press', value: 'Shift', target: null, direction: null, amount: null }
  const model = scripted(
    [code('6 * 7', { language: null, timeout: null })],
    [{ name: 'tandem_open_page', args: { url: backend.site.url } }],
    [{ name: 'tandem_act', args: given }],
    [code('1', { language: null })],
  )
  const result = answers(await createAgent({ model, tools: strict }).invoke(task()))
  expect(result.map(({ status }) => status)).toEqual(['success', 'success', 'success', 'success'])
  expect(artifactOf(result[0]).execution?.result).toBe('42')
})
