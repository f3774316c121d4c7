import { ChatOpenAI } from '@langchain/openai'
import { Backend, cookieValue, ScriptedProvider } from '@tandem-browser/tool-conformance'
import { createAgent } from 'langchain'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTandemTools } from '../src/index.ts'

let backend: Backend
beforeAll(async () => {
  backend = await Backend.start()
})
afterAll(() => backend?.close())

const call = (name: string, args: object) => ({ name: `tandem_${name}`, args })

test('nothing that a provider is sent holds a secret, whatever was called and went wrong', async () => {
  const { url } = backend.site
  const steps = [
    [call('open_page', { url: `${url}/form` })],
    [call('act', { action: 'fill', target: 'Name', value: 'Ada' }), call('read_page', {})],
    [call('act', { action: 'click', target: 'Nowhere' })],
    [call('open_page', { url: 7, hidden: 'a-hidden-word' })],
    [call('screenshot', {})],
    [call('execute_code', { code: 'env', language: 'bash' })],
    [call('execute_code', { code: 'console.log(await context.cookies()); throw process.env' })],
    [call('execute_code', { code: `['hunter2', 'of', 'the', 'application'].join('-')` })],
    // This server has no model of its own, so the service fails.
    [call('delegate', { task: 'Say hello.' })],
    [call('read_page', { format: 'markdown' })],
  ]
  let step = 0
  await using provider = await ScriptedProvider.start(() => {
    const calls = steps[step++]
    return calls ? { text: 'Next.', calls } : { text: 'Done.' }
  })
  await using tools = createTandemTools({
    tandem: backend.tandem,
    settings: { secrets: ['hunter2-of-the-application'] },
  })
  await using strange = createTandemTools({
    tandem: backend.stranger,
    tools: ['readPage'],
    prefix: 's_',
  })
  steps.push([{ name: 's_read_page', args: {} }])
  const model = new ChatOpenAI({
    ...{ model: 'scripted', apiKey: 'key-of-the-provider', maxRetries: 0 },
    configuration: { baseURL: provider.url },
  })
  const agent = createAgent({ model, tools: [...tools, ...strange] })
  const { messages } = await agent.invoke(
    { messages: [{ role: 'user', content: 'Do it.' }] },
    { configurable: { thread_id: 'context' }, recursionLimit: 50 },
  )
  expect(messages.at(-1)?.text).toBe('Done.')

  const sent = provider.requests.join('\n')
  expect(provider.requests).toHaveLength(steps.length + 1)
  // All of it was really said.
  for (const said of [
    'textbox \\"Name',
    'No element of the page',
    'hidden: is not known',
    'data:image/jpeg;base64,/9j/',
    'CDP_URL=ws:',
    'value: \\"[redacted]\\"',
    'NotConfiguredError',
    'AuthenticationError',
  ]) {
    expect(sent).toContain(said)
  }
  const secrets = [
    ...(await backend.secrets()),
    ...[cookieValue, 'hunter2-of-the-application', 'td-nobody-knows-this-key'],
    ...['key-of-the-provider', 'artifact', 'node_modules', 'liveViewUrl'],
  ]
  expect(secrets.filter((secret) => sent.includes(secret))).toEqual([])
})
