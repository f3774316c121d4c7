import { ToolInputParsingException } from '@langchain/core/tools'
import { Tandem, ValidationError } from '@tandem-browser/core'
import { SessionPool } from '@tandem-browser/core/pool'
import { tools as contracts } from '@tandem-browser/core/tools'
import { describe, expect, test } from 'vitest'
import { createTandemTools, sessionKey, TandemToolkit } from './index.ts'

const id = '3f0c8a5e-1d2b-5c4d-9e8f-0a1b2c3d4e5f'

describe('options', () => {
  test('choose tools, name them and describe them', () => {
    const { tools } = new TandemToolkit({
      tools: ['screenshot', 'openPage', 'act'],
      prefix: 'browser-',
      descriptions: { openPage: 'Opens our shop.', act: { append: 'Never buy anything.' } },
    })
    expect(tools.map(({ name }) => name)).toEqual([
      'browser-open_page',
      'browser-act',
      'browser-screenshot',
    ])
    expect(tools[0]?.description).toBe('Opens our shop.')
    expect(tools[1]?.description).toMatch(/browser-open_page[^]*\nNever buy anything\.$/)
  })

  test.each([
    [{ tools: ['openPage', 'readMind'] as never }, /no tool 'readMind'.*executeCode/],
    [{ prefix: '1_' }, /1_open_page/],
    [{ prefix: 'x'.repeat(60) }, /64 characters/],
  ])('that cannot be meant are refused: %j', (options, message) => {
    expect(() => createTandemTools(options)).toThrow(ValidationError)
    expect(() => createTandemTools(options)).toThrow(message)
  })

  test('strict schemas require everything and allow null', () => {
    const act = createTandemTools({ strict: true, tools: ['act'] })[0]
    expect(act?.schema).toMatchObject({
      required: Object.keys(contracts.act.inputSchema.properties),
      properties: { target: { type: ['string', 'null'] } },
    })
  })
})

describe('a call', () => {
  test('with arguments that are wrong throws what is wrong', async () => {
    const [open] = createTandemTools()
    const failure: unknown = await open?.invoke({ url: 7 }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ToolInputParsingException)
    expect(String(failure)).toMatch(/url: must be a string/)
  })

  test('leaves the contract of the tool as it was', async () => {
    const before = JSON.stringify(Object.getOwnPropertyNames(contracts.openPage.inputSchema))
    await using tools = createTandemTools({ tandem: new Tandem({ baseUrl: 'http://127.0.0.1:9' }) })
    await tools[0]?.invoke({ url: 'https://example.com' }).catch(() => {})
    expect(JSON.stringify(Object.getOwnPropertyNames(contracts.openPage.inputSchema))).toBe(before)
  })
})

test('a pool that was given is left to whoever made it', async () => {
  await using pool = new SessionPool({ tandem: new Tandem({ baseUrl: 'http://127.0.0.1:9' }) })
  await createTandemTools({ pool }).close()
  const done = pool.run('key', () => Promise.resolve(1))
  // It would be an AbortError, had it been closed.
  await expect(done).rejects.toMatchObject({ name: 'ConnectionError' })
})

describe('the key of a session', () => {
  test.each([
    ['without a thread', {}, [null]],
    ['a thread', { thread_id: 't' }, ['t']],
    ['a thread with a number', { thread_id: 7 }, [7]],
    ['a step of an agent', { thread_id: 't', checkpoint_ns: `tools:${id}` }, ['t']],
    [
      'a step of an agent within another',
      { thread_id: 't', checkpoint_ns: `research:${id}|tools:${id}` },
      ['t', `research:${id}`],
    ],
    [
      'a step of a lasting sub-agent',
      { thread_id: 't', checkpoint_ns: `research|tools:${id}` },
      ['t', 'research'],
    ],
    [
      'a namespace of the application',
      { thread_id: 't', checkpoint_ns: 'planner' },
      ['t', 'planner'],
    ],
    ['no namespace', { thread_id: 't', checkpoint_ns: '' }, ['t']],
  ])('%s', (_, configurable, expected) => {
    expect(JSON.parse(sessionKey({ configurable }))).toEqual(expected)
  })
})
