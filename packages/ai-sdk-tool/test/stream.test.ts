import { SessionPool } from '@tandem-browser/core/pool'
import { Backend } from '@tandem-browser/tool-conformance'
import {
  convertToModelMessages,
  type InferUITools,
  readUIMessageStream,
  stepCountIs,
  streamText,
  type UIMessage,
} from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createTandemTools,
  type TandemToolOutput,
  type TandemToolSet,
  type TandemToolsOptions,
} from '../src/index.ts'
import { scriptedModel, type ScriptedTurn } from './support/scripted-model.ts'

type ChatMessage = UIMessage<never, never, InferUITools<TandemToolSet>>

let backend: Backend
let pool: SessionPool

beforeAll(async () => {
  backend = await Backend.start()
  pool = new SessionPool({ tandem: backend.tandem })
})
afterAll(async () => {
  await pool?.close()
  await backend?.close()
})

/** All turns have one session: what it holds is of no matter to them. */
const sessionKey = 'chat'

/** One turn of a chat: what the page of the chat is sent, and has in the end. */
async function turn(
  turns: readonly ScriptedTurn[],
  options: TandemToolsOptions = {},
  history: ChatMessage[] = [],
) {
  const tools = createTandemTools({ pool, sessionKey, approval: 'none', ...options })
  const script = scriptedModel(...turns)
  const asked: ChatMessage = {
    ...{ id: `${history.length}`, role: 'user', parts: [{ type: 'text', text: 'Do it.' }] },
  }
  const messages = [...history, asked]
  const result = streamText({
    ...{ model: script.model, tools, stopWhen: stepCountIs(10) },
    messages: await convertToModelMessages(messages, { tools }),
  })
  const outputs: TandemToolOutput[] = []
  let answer: ChatMessage | undefined
  // AI SDK 7 has a newer form, AI SDK 6 only this one.
  // oxlint-disable-next-line typescript/no-deprecated
  const stream = result.toUIMessageStream<ChatMessage>().pipeThrough(
    new TransformStream({
      transform: (chunk, controller) => {
        // As it comes out of a response.
        const sent = JSON.parse(JSON.stringify(chunk)) as typeof chunk
        if (sent.type === 'tool-output-available') outputs.push(sent.output as TandemToolOutput)
        controller.enqueue(sent)
      },
    }),
  )
  for await (const message of readUIMessageStream<ChatMessage>({ stream })) answer = message
  if (!answer) throw new Error('There was no answer.')
  return { ...script, outputs, messages: [...messages, answer] }
}

const shot = { tool: 'screenshot', input: {} }
const open = () => ({ tool: 'openPage', input: { url: backend.site.url } })
const printing = {
  tool: 'executeCode',
  input: {
    code: `for (const each of ['one', 'two']) {
      console.log(each); await new Promise((resolve) => setTimeout(resolve, 250))
    }
    console.error('bad'); 'done'`,
  },
}

describe('a chat', () => {
  test('is shown how far a call is, and how it ended', async () => {
    const { outputs } = await turn([[printing]])
    const running = outputs.filter((each) => each.status === 'running')
    expect(running.length).toBeGreaterThanOrEqual(3)
    expect(running[0]).toMatchObject({
      artifact: { tool: 'executeCode', session: { id: expect.any(String) } },
    })
    expect(running.some(({ stdout }) => stdout === 'one\n')).toBe(true)
    expect(running.at(-1)).toMatchObject({ steps: ['Running node code'], stdout: 'one\ntwo\n' })
    const last = outputs.at(-1)
    expect(last).toMatchObject({ status: 'ok', text: expect.stringMatching(/done[^]*bad/) })
    // What is last is yielded, and given once more as the result.
    expect(outputs.slice(running.length)).toEqual([last, last])
  })

  test('stores and sends back no picture and no URL, and the model sees the picture once', async () => {
    const first = await turn([[open()], [shot], [printing]])
    expect(first.results().map(({ pictures }) => pictures.length)).toEqual([0, 1, 0])
    const stored = JSON.stringify(first.messages)
    const [id = ''] = /(?<="session":\{"id":")[^"]+/.exec(stored) ?? []
    const secrets = (await backend.secrets()).filter((secret) => secret !== id)
    expect(secrets.filter((secret) => stored.includes(secret))).toEqual([])
    expect(stored).not.toMatch(/base64|\/9j/)
    expect(stored.length).toBeLessThan(20_000)

    const history = JSON.parse(stored) as ChatMessage[]
    const second = await turn(['Done.'], {}, history)
    const read = second.results()
    expect(read.map(({ text }) => text.slice(0, 20))).toEqual(
      first.results().map(({ text }) => text.slice(0, 20)),
    )
    expect(read[1]).toMatchObject({ type: 'text', text: expect.stringMatching(/not kept/) })

    // An application that forgets the tools gives the model nothing that it must not have.
    const forgotten = JSON.stringify(await convertToModelMessages(history))
    expect(secrets.filter((secret) => forgotten.includes(secret))).toEqual([])
  })

  test('gets what is exposed, and the model does not', async () => {
    const expose = ['session', 'execution', 'screenshot'] as const
    const first = await turn([[open()], [shot], [printing]], { expose })
    const parts = first.messages.at(-1)?.parts ?? []
    const artifacts = parts.flatMap((part) =>
      'output' in part ? [(part.output as TandemToolOutput).artifact] : [],
    )
    const addresses = artifacts.map(({ session }) => session?.liveViewUrl)
    expect(new Set(addresses).size).toBe(1)
    // It opens the live view of that session, to look at.
    const [address = '', token] = addresses[0]?.split('#') ?? []
    expect(new URL(address).pathname).toBe(`/live/${artifacts[0]?.session?.id}`)
    const opened = await fetch(`${address}/ticket`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    expect(await opened.json()).toMatchObject({ success: true, interactive: false })
    expect(artifacts[1]?.screenshot?.base64).toMatch(/^\/9j/)
    expect(artifacts[2]?.execution).toMatchObject({ stdout: 'one\ntwo\n', result: 'done' })

    const second = await turn(['Done.'], { expose }, first.messages)
    expect(second.results().map(({ pictures }) => pictures.length)).toEqual([0, 1, 0])
    const seen = JSON.stringify(second.calls)
    expect((await backend.secrets()).filter((secret) => seen.includes(secret))).toEqual([])
  })

  test('that was left while a call ran tells the model so', async () => {
    const { messages } = await turn([[printing]])
    for (const part of messages.at(-1)?.parts ?? []) {
      if (part.type !== 'tool-executeCode' || part.state !== 'output-available') continue
      part.output = {
        status: 'running',
        steps: [],
        stdout: '',
        stderr: '',
        artifact: { tool: 'executeCode' },
      }
      part.preliminary = true
    }
    const { results } = await turn(['Done.'], {}, messages)
    expect(results()[0]).toMatchObject({
      type: 'error-text',
      text: expect.stringMatching(/stopped/),
    })
  })
})

test('a picture is only for the application, if that is wanted', async () => {
  const { results } = await turn([[open()], [shot]], { screenshots: 'artifact' })
  expect(results()[1]).toMatchObject({ pictures: [], text: expect.stringMatching(/cannot see it/) })
})

test('progress is told on the server, too', async () => {
  const told: string[] = []
  await turn([[printing]], {
    onProgress: (progress, { tool, key, toolCallId }) => {
      told.push(`${tool} ${key} ${toolCallId} ${progress.type}`)
    },
  })
  const types = told.map((each) => each.split(' ').at(-1))
  expect(types).toEqual(['session', 'step', 'stdout', 'stdout', 'stderr'])
  expect(told[0]).toMatch(/^executeCode chat call-\S+ session$/)
})
