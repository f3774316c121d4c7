import { Tandem, ValidationError } from '@tandem-browser/core'
import { SessionPool } from '@tandem-browser/core/pool'
import { tools as contracts } from '@tandem-browser/core/tools'
import { asSchema } from 'ai'
import { describe, expect, test } from 'vitest'
import { createTandemTools, sessionKey, type TandemToolSet, toolApproval } from './index.ts'

const nowhere = new Tandem({ baseUrl: 'http://127.0.0.1:9' })

describe('options', () => {
  test('choose tools and describe them', () => {
    const tools = createTandemTools({
      tools: ['screenshot', 'openPage', 'act'],
      descriptions: { openPage: 'Opens our shop.', act: { append: 'Never buy anything.' } },
    })
    expect(Object.keys(tools)).toEqual(['openPage', 'act', 'screenshot'])
    expect(tools.openPage.description).toBe('Opens our shop.')
    expect(tools.act.description).toMatch(/openPage[^]*\nNever buy anything\.$/)
  })

  test('that cannot be meant are refused', () => {
    const make = () => createTandemTools({ tools: ['openPage', 'readMind' as never] })
    expect(make).toThrow(ValidationError)
    expect(make).toThrow(/no tool 'readMind'.*executeCode/)
  })

  test('say which tools wait for an approval', () => {
    const asked = (approval?: 'run' | 'act' | 'none') => {
      const tools: TandemToolSet = createTandemTools({ approval })
      return Object.entries(tools)
        .filter(([, { needsApproval }]) => needsApproval)
        .map(([name]) => name)
    }
    expect(asked()).toEqual(['executeCode', 'delegate'])
    expect(asked('act')).toEqual(['openPage', 'act', 'executeCode', 'delegate'])
    expect(asked('none')).toEqual([])
    const policy = Object.entries(toolApproval({ before: 'act' }))
    expect(policy.filter(([, status]) => status === 'user-approval').map(([name]) => name)).toEqual(
      asked('act'),
    )
  })
})

describe('schemas', () => {
  test('are schemas of the AI SDK, and copies', async () => {
    const { openPage } = createTandemTools()
    expect(asSchema(openPage.inputSchema)).toBe(openPage.inputSchema)
    expect(await openPage.inputSchema.jsonSchema).toEqual(contracts.openPage.inputSchema)
    expect(await openPage.inputSchema.jsonSchema).not.toBe(contracts.openPage.inputSchema)
  })

  test('strict ones require everything and allow null', async () => {
    const { act } = createTandemTools({ strict: true, tools: ['act'] })
    expect(act.strict).toBe(true)
    expect(await act.inputSchema.jsonSchema).toMatchObject({
      required: Object.keys(contracts.act.inputSchema.properties),
      properties: { target: { type: ['string', 'null'] } },
    })
    const input = { action: 'back', target: null, value: null }
    expect(await act.inputSchema.validate?.(input)).toEqual({
      success: true,
      value: { action: 'back' },
    })
  })
})

describe('the object', () => {
  test('has nothing but tools to enumerate, and can be spread', async () => {
    await using tools = createTandemTools()
    expect(Object.keys({ ...tools })).toEqual(Object.keys(contracts))
    expect(JSON.stringify(Reflect.ownKeys({ ...tools }))).toBe(JSON.stringify(Object.keys(tools)))
    expect(tools.close).toBeTypeOf('function')
  })

  test('leaves a pool that was given to whoever made it', async () => {
    await using pool = new SessionPool({ tandem: nowhere })
    await createTandemTools({ pool }).close()
    const done = pool.run('key', () => Promise.resolve(1))
    // It would be an AbortError, had it been closed.
    await expect(done).rejects.toMatchObject({ name: 'ConnectionError' })
  })
})

describe('the key of a session', () => {
  test.each([
    ['of AI SDK 6', { experimental_context: { sessionKey: 'chat' } }, 'chat'],
    ['of AI SDK 7', { context: { sessionKey: 'chat' } }, 'chat'],
  ])('is in the context %s', (_, call, expected) => {
    expect(sessionKey(call)).toBe(expected)
  })

  test.each([
    ['nothing', undefined, {}],
    ['another context', undefined, { context: { user: 'x' }, experimental_context: 'x' }],
    ['an empty key', undefined, { context: { sessionKey: '' } }],
    ['a function that gives none', (() => undefined) as never, { context: { sessionKey: 'x' } }],
    ['an empty text', '', {}],
  ])('is never made up: %s', async (_, choice, call) => {
    const tools = createTandemTools({ tandem: nowhere, sessionKey: choice })
    const done = tools.readPage.execute({}, call).next()
    await expect(done).rejects.toMatchObject({ name: 'ValidationError' })
    await expect(done).rejects.toThrow(/sessionKey/)
  })
})
