import { Tandem } from '@tandem-browser/core'
import { generateText, stepCountIs } from 'ai'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { createTandemTools } from '../../src/index.ts'
import { scriptedModel } from '../support/scripted-model.ts'

// What the tests themselves bring into the runtime, and what is not there in earnest.
beforeAll(() => {
  for (const name of ['process', 'Buffer', 'global']) vi.stubGlobal(name, undefined)
})
afterAll(() => void vi.unstubAllGlobals())

test('this is an edge runtime', () => {
  expect(globalThis).toHaveProperty('EdgeRuntime', 'edge-runtime')
  expect(typeof process).toBe('undefined')
})

test('a model uses the tools in it', async () => {
  const tandem = new Tandem(inject('connection'))
  await using tools = createTandemTools({ tandem, sessionKey: 'edge', approval: 'none' })
  const { model, results } = scriptedModel(
    [{ tool: 'openPage', input: { url: inject('site') } }],
    [
      { tool: 'executeCode', input: { code: 'await page.title()' } },
      { tool: 'screenshot', input: {} },
      { tool: 'act', input: { action: 'fly' } },
    ],
  )
  await generateText({ model, tools, prompt: 'Do it.', stopWhen: stepCountIs(5) })
  const read = Object.fromEntries(results().map((each) => [each.toolCallId.slice(0, 6), each]))
  expect(read['call-1']?.text).toMatch(/Title: Shop/)
  expect(read['call-2']?.text).toMatch(/result:\nShop/)
  expect(read['call-3']?.pictures).toEqual([expect.stringMatching(/^\/9j/)])
  expect(read['call-4']?.text).toMatch(/action: must be one of 'click'/)
  await tools.close()
  expect(await tandem.sessions.list({ status: 'active' })).toEqual([])
})

test('what runs is stopped', async () => {
  const tandem = new Tandem(inject('connection'))
  await using tools = createTandemTools({ tandem, sessionKey: 'stopped' })
  const controller = new AbortController()
  const code = `console.log('started'); await new Promise(() => {})`
  const outputs = tools.executeCode.execute(
    { code, timeout: 300 },
    { abortSignal: controller.signal },
  )
  const failure: unknown = await (async () => {
    for await (const output of outputs) {
      if (output.status === 'running' && output.stdout !== '') controller.abort()
    }
  })().catch((error: unknown) => error)
  expect(failure).toMatchObject({ name: 'AbortError' })
})
