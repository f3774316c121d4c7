import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { ChatAnthropic } from '@langchain/anthropic'
import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { ChatGoogle } from '@langchain/google'
import { ChatOpenAI } from '@langchain/openai'
import { tools as contracts } from '@tandem-browser/core/tools'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentOf } from '../src/content.ts'
import { createTandemTools } from '../src/index.ts'

/** Takes what would be sent to a provider, and refuses it. */
let provider: Server
let url: string
let sent: Record<string, unknown>

beforeAll(async () => {
  provider = createServer((request, response) => {
    void json(request).then((body) => {
      sent = body as Record<string, unknown>
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{}}')
    })
  }).listen(0, '127.0.0.1')
  await once(provider, 'listening')
  url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
})
afterAll(() => void provider.close())

const base64 = '/9j/4AAQSkZJRgABAQ=='
const artifact = { tool: 'screenshot', session: { id: 's', liveViewUrl: 'https://live/secret' } }
const conversation = [
  new HumanMessage('How does it look?'),
  new AIMessage({
    content: '',
    tool_calls: [{ type: 'tool_call', id: 'call_1', name: 'tandem_screenshot', args: {} }],
  }),
  new ToolMessage({
    content: contentOf(
      {
        status: 'ok',
        text: 'A picture.',
        images: [{ mimeType: 'image/jpeg', base64 }],
        artifact: { tool: 'screenshot' },
      },
      'content',
    ),
    artifact,
    tool_call_id: 'call_1',
    name: 'tandem_screenshot',
  }),
]

const options = { apiKey: 'key', maxRetries: 0 }
const dataUrl = `data:image/jpeg;base64,${base64}`

describe.each([
  {
    name: 'OpenAI',
    make: () =>
      new ChatOpenAI({
        ...{ ...options, model: 'gpt-5.1', useResponsesApi: true },
        configuration: { baseURL: url },
      }),
    picture: { type: 'input_image', image_url: dataUrl },
  },
  {
    name: 'a server like OpenAI',
    make: () => new ChatOpenAI({ ...options, model: 'qwen', configuration: { baseURL: url } }),
    picture: { type: 'image_url', image_url: { url: dataUrl } },
  },
  {
    name: 'Anthropic',
    make: () => new ChatAnthropic({ ...options, model: 'claude-sonnet-4-5', anthropicApiUrl: url }),
    picture: { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: base64 } },
  },
  {
    name: 'Google',
    make: () => new ChatGoogle({ ...options, model: 'gemini-2.5-pro', endpoint: url }),
    picture: { inlineData: { mimeType: 'image/jpeg', data: base64 } },
  },
])('$name', ({ make, picture }) => {
  beforeAll(async () => {
    sent = {}
    const model = make().bindTools(createTandemTools())
    await model.invoke(conversation).catch(() => {})
  })

  test('gets the picture once, in its own form', () => {
    const found = everyObjectIn(sent).filter(
      (each) => JSON.stringify(each).includes(base64) && each['type'] === picture.type,
    )
    const { type: _, ...content } = picture as Record<string, unknown>
    expect(found).toContainEqual(expect.objectContaining(content))
    expect(JSON.stringify(sent).split(base64)).toHaveLength(2)
  })

  test('gets every schema, and nothing of the artifact', () => {
    const text = JSON.stringify(sent)
    for (const { name, inputSchema } of Object.values(contracts)) {
      const properties = Object.keys(inputSchema.properties)
      const schemas = everyObjectIn(sent).filter(
        ({ properties: given }) =>
          typeof given === 'object' &&
          given !== null &&
          Object.keys(given).join() === properties.join(),
      )
      expect({ name, found: schemas.length > 0 }).toEqual({ name, found: true })
    }
    expect(text).toContain('tandem_execute_code')
    expect(text).not.toContain('secret')
    expect(text).not.toContain('__absolute_uri__')
  })
})

function everyObjectIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value).flatMap(everyObjectIn)
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner]
}
