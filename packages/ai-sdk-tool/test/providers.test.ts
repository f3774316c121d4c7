import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { tools as contracts } from '@tandem-browser/core/tools'
import { generateText, type LanguageModel, type ModelMessage } from 'ai'
import { describe, expect, test } from 'vitest'
import { createTandemTools, type TandemToolOutput } from '../src/index.ts'

const base64 = '/9j/4AAQSkZJRgABAQ=='
const output: TandemToolOutput = {
  status: 'ok',
  text: 'A picture.',
  artifact: {
    tool: 'screenshot',
    session: { id: 's', liveViewUrl: 'https://live/secret' },
    screenshot: { mimeType: 'image/jpeg', base64 },
  },
}

/** What would be sent to a provider for a conversation in which a screenshot was taken. */
async function requestOf(
  make: (options: { apiKey: string; fetch: typeof fetch }) => LanguageModel,
  strict: boolean,
): Promise<unknown> {
  let sent: unknown
  const refuse: typeof fetch = (_, init) => {
    sent = JSON.parse(init?.body as string)
    return Promise.resolve(Response.json({ error: { message: 'No.' } }, { status: 400 }))
  }
  await using tools = createTandemTools({ strict })
  const call = { toolCallId: 'call_1', toolName: 'screenshot' }
  const messages: ModelMessage[] = [
    { role: 'user', content: 'How does it look?' },
    { role: 'assistant', content: [{ type: 'tool-call', ...call, input: {} }] },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', ...call, output: tools.screenshot.toModelOutput({ output }) },
      ],
    },
  ]
  const model = make({ apiKey: 'key', fetch: refuse })
  await generateText({ model, tools, messages, maxRetries: 0 }).catch(() => {})
  return sent
}

const dataUrl = `data:image/jpeg;base64,${base64}`

describe.each([
  {
    name: 'OpenAI',
    make: (options: { apiKey: string; fetch: typeof fetch }) => createOpenAI(options)('gpt-5.1'),
    picture: { type: 'input_image', image_url: dataUrl },
  },
  {
    name: 'Anthropic',
    make: (options: { apiKey: string; fetch: typeof fetch }) =>
      createAnthropic(options)('claude-sonnet-4-5'),
    picture: { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: base64 } },
  },
  {
    name: 'Google',
    make: (options: { apiKey: string; fetch: typeof fetch }) =>
      createGoogleGenerativeAI(options)('gemini-3-pro-preview'),
    picture: { inlineData: { mimeType: 'image/jpeg', data: base64 } },
  },
])('$name', ({ make, picture }) => {
  test('gets the picture once, in its own form, and nothing of the artifact', async () => {
    const sent = await requestOf(make, false)
    expect(everyObjectIn(sent)).toContainEqual(expect.objectContaining(picture))
    const text = JSON.stringify(sent)
    expect(text.split(base64)).toHaveLength(2)
    expect(text).not.toContain('secret')
  })

  test.each([false, true])('gets every schema (strict: %s)', async (strict) => {
    const objects = everyObjectIn(await requestOf(make, strict))
    for (const { name, inputSchema } of Object.values(contracts)) {
      const names = Object.keys(inputSchema.properties)
      const schema = objects.find(
        ({ properties }) => Object.keys(Object(properties)).join() === names.join(),
      )
      const required = strict ? names : inputSchema.required
      expect({ name, required: schema?.['required'] ?? [] }).toEqual({ name, required })
    }
    expect(objects.some((each) => each['name'] === 'executeCode')).toBe(true)
  })
})

function everyObjectIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value).flatMap(everyObjectIn)
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner]
}
