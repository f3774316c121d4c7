import { describe, expect, test } from 'vitest'
import { snakeCase, strictSchema, type ToolName, tools } from '../src/tools/index.ts'

const secret = 'correct horse battery staple'

describe('inputs', () => {
  test.each<[ToolName, unknown, string]>([
    ['openPage', 'https://a.example', 'the input: must be a JSON object with url, not a string.'],
    ['openPage', [secret], 'the input: must be a JSON object with url, not a list.'],
    ['openPage', null, 'the input: must be a JSON object with url, not nothing.'],
    ['openPage', {}, 'url: is missing. The whole address, beginning with https:// or http://.'],
    ['openPage', { url: '' }, 'url: must not be empty.'],
    ['openPage', { url: [secret] }, 'url: must be a string, not a list.'],
    ['openPage', { url: secret }, 'url: must be a whole address'],
    ['openPage', { url: 'javascript:alert(1)' }, 'url: must be a whole address'],
    ['openPage', { url: `https://me:${secret}@a.example` }, 'url: must not hold a user name'],
    ['openPage', { url: 'https://a.example', uri: secret }, 'uri: is not known. There is url.'],
    ['openPage', { url: `https://${'a'.repeat(9000)}` }, 'url: is too long: 9008 characters'],
    ['readPage', { format: secret }, "format: must be one of 'snapshot', 'markdown', 'text'"],
    ['readPage', { offset: '5' }, 'offset: must be a whole number, not a string.'],
    ['readPage', { offset: 0.5 }, 'offset: must be a whole number.'],
    ['readPage', { offset: -1 }, 'offset: must be from 0 to'],
    ['screenshot', { fullPage: 'yes' }, 'fullPage: must be true or false, not a string.'],
    ['act', { action: 'click' }, "target: is missing: 'click' needs an element"],
    ['act', { action: 'back', target: '@e1' }, "target: does not belong to 'back'"],
    ['act', { action: 'select', target: '@e1' }, 'value: is missing: the option to select.'],
    ['act', { action: 'press', value: secret }, 'value: must be one key'],
    ['act', { action: 'fill', target: 'a', value: 'x\0y' }, 'value: must not hold a NUL'],
    ['executeCode', { code: ' \n' }, 'code: must not be blank.'],
    ['executeCode', { code: '漢'.repeat(40_000) }, 'code: is too long: 120000 bytes'],
    ['executeCode', { code: '1', language: 'ruby' }, "language: must be one of 'node'"],
    ['delegate', { task: 5 }, 'task: must be a string, not a number.'],
  ])('%s refuses %j and says what is right', (tool, input, expected) => {
    const result = tools[tool].validate(input)
    expect(result.ok).toBe(false)
    const { message } = result as { message: string }
    expect(message).toContain(`\n- ${expected}`)
    expect(message).not.toContain(secret)
    expect(message.length).toBeLessThan(500)
  })

  test('all problems are told at once', () => {
    const result = tools.executeCode.validate({ language: 1, timeout: 0, more: true })
    expect((result as { message: string }).message.split('\n- ')).toHaveLength(5)
  })

  test('what is null counts as left out', () => {
    expect(tools.readPage.validate({ format: null, offset: null })).toEqual({ ok: true, value: {} })
    expect(tools.act.validate({ action: 'press', value: 'Enter', target: null })).toMatchObject({
      ok: true,
    })
  })

  test.each(['Enter', 'a', 'A', '+', 'Control+a', 'Control+Shift+Tab', 'F5', 'ArrowDown', 'Space'])(
    'the key %s can be pressed',
    (value) => expect(tools.act.validate({ action: 'press', value }).ok).toBe(true),
  )
})

describe('schemas', () => {
  test.each(Object.values(tools))('of $name have a strict form', ({ inputSchema }) => {
    const strict = strictSchema(inputSchema)
    expect(strict.required).toEqual(Object.keys(inputSchema.properties))
    expect(strict.additionalProperties).toBe(false)
    for (const [name, { type, enum: values }] of Object.entries(strict.properties)) {
      const optional = !inputSchema.required.includes(name)
      expect(Array.isArray(type)).toBe(optional)
      if (values) expect(values.includes(null)).toBe(optional)
    }
  })

  test('names and effects are what packages and policies build on', () => {
    expect(Object.values(tools).map(({ name, effect }) => `${snakeCase(name)}: ${effect}`)).toEqual(
      [
        'open_page: act',
        'read_page: read',
        'act: act',
        'screenshot: read',
        'execute_code: run',
        'delegate: run',
      ],
    )
  })
})
