import type { CreateSessionResponse } from '@tandem-browser/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let session: CreateSessionResponse
let client: RawClient
let other: RawClient

beforeAll(async () => {
  server = await TestServer.start()
  session = await server.createSession()
})

afterAll(() => server.close())

beforeEach(async () => {
  ;[client, other] = await Promise.all([
    RawClient.connect(session.cdpUrl),
    RawClient.connect(session.cdpUrl),
  ])
})

afterEach(async () => {
  await Promise.all([client.close(), other.close()])
})

describe('what belongs to another client', () => {
  test('cannot be addressed by its session id', async () => {
    const page = await other.attach()
    const params = { expression: 'globalThis.stolen = true' }
    const notFound = { code: -32001, message: 'Session with given id not found.' }
    expect(await client.ask('Runtime.evaluate', params, page)).toEqual({
      id: expect.any(Number),
      error: notFound,
    })
    expect(await other.evaluate('typeof stolen', page)).toBe('undefined')
    expect((await client.ask('Runtime.evaluate', params, 'made-up')).error).toEqual(notFound)
  })

  test('cannot be detached by it, nor can the client’s own root', async () => {
    const page = await other.attach()
    const answer = await client.ask('Target.detachFromTarget', { sessionId: page })
    expect(answer.error?.message).toBe('No session with given id')
    expect(await other.evaluate('6 * 7', page)).toBe(42)
  })

  test('is its own again: what a client opened below another session of its own', async () => {
    const { sessionId: nested } = await client.send<{ sessionId: string }>(
      'Target.attachToBrowserTarget',
    )
    const [target] = await client.pages()
    const { sessionId: page } = await client.send<{ sessionId: string }>(
      'Target.attachToTarget',
      { targetId: target?.targetId, flatten: true },
      nested,
    )
    expect(await client.evaluate('6 * 7', page)).toBe(42)
    expect((await other.ask('Runtime.evaluate', { expression: '1' }, page)).error?.code).toBe(
      -32001,
    )
    expect((await other.ask('Target.getTargets', {}, nested)).error?.code).toBe(-32001)
    // And it is over with the session that it was opened through.
    await client.send('Target.detachFromTarget', { sessionId: nested })
    expect((await client.ask('Runtime.evaluate', { expression: '1' }, page)).error?.code).toBe(
      -32001,
    )
  })

  test('is not told of: events go to who asked for them', async () => {
    const page = await other.attach()
    await other.send('Runtime.enable', {}, page)
    await other.send('Target.setDiscoverTargets', { discover: true })
    const logged = other.nextEvent('Runtime.consoleAPICalled')
    await other.evaluate(`console.log('mine')`, page)
    await logged
    await client.send('Browser.getVersion')
    expect(client.received.filter(({ method }) => method !== undefined)).toEqual([])
  })
})

describe('messages that are none', () => {
  test.each<[string, unknown, string]>([
    ['no id', { method: 'Browser.getVersion' }, 'a whole number as id'],
    ['an id that is text', { id: 'one', method: 'Browser.getVersion' }, 'a whole number as id'],
    ['an id that is a fraction', { id: 1.5, method: 'Browser.getVersion' }, 'a whole number as id'],
    ['no method', { id: 7 }, 'a string as method'],
    ['a method that is a number', { id: 7, method: 42 }, 'a string as method'],
    ['parameters that are text', { id: 7, method: 'Browser.getVersion', params: 'x' }, 'params'],
    ['parameters that are a list', { id: 7, method: 'Browser.getVersion', params: [] }, 'params'],
    [
      'a session id that is a number',
      { id: 7, method: 'Browser.getVersion', sessionId: 1 },
      'sessionId',
    ],
  ])('%s: refused, and the connection goes on', async (_, message, sentence) => {
    const refusal = client.next(({ error }) => error !== undefined)
    client.write(message)
    const { id, error } = await refusal
    expect(error?.message).toContain(sentence)
    expect(id).toBe((message as { id?: unknown }).id === 7 ? 7 : undefined)
    expect(await client.send('Browser.getVersion')).toHaveProperty('product')
  })

  test('parameters that are null are none', async () => {
    const page = await client.attach()
    const answer = client.next(({ id }) => id === 7)
    client.write({ id: 7, method: 'Runtime.enable', params: null, sessionId: page })
    expect((await answer).result).toEqual({})
  })

  test('a method that there is not is refused by the browser itself', async () => {
    const { error } = await client.ask('Browser.levitate')
    expect(error).toEqual({ code: -32601, message: expect.stringContaining('Browser.levitate') })
    expect((await client.ask('constructor')).error?.code).toBe(-32601)
    expect((await client.ask('')).error).toBeDefined()
  })

  test.each<[string, string | Buffer]>([
    ['what is no JSON', '{"id": 1, "method": '],
    ['a list', '[{"id":1,"method":"Browser.getVersion"}]'],
    ['text', '"Browser.getVersion"'],
    ['null', 'null'],
    ['nothing', ''],
    ['a binary frame', Buffer.from('{"id":1,"method":"Browser.getVersion"}')],
  ])('%s ends that connection and no other', async (_, data) => {
    client.webSocket.send(data)
    // What comes behind it has no effect any more.
    client.write({ id: 2, method: 'Target.createTarget', params: { url: 'about:blank' } })
    expect(await client.closed).toEqual({
      code: 1007,
      reason: 'Messages are JSON objects in text frames.',
    })
    expect(await other.pages()).toHaveLength(1)
  })

  test('a NUL inside a string stays inside it', async () => {
    const page = await client.attach()
    expect(await client.evaluate(`'a\\u0000b' + ${JSON.stringify('c\u0000d')}`, page)).toBe(
      'a\u0000bc\u0000d',
    )
  })
})
