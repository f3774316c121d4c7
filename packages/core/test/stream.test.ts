import { describe, expect, expectTypeOf, test } from 'vitest'
import { Tandem, type Execution, type Interaction, type ExecutionEvent } from '../src/index.ts'
import { failureOf } from './support/failure.ts'
import { created, executed, TestServer } from './support/server.ts'

const text = 'naïve – 漢字 👩‍🚀\n'
const step = { index: 0, command: 'agent-browser snapshot', output: text, exitCode: 0 }
const messages: [string, object][] = [
  ['stdout', { text }],
  ['stderr', { text: 'careful' }],
  ['step', step],
  ['something-newer', { ignored: true }],
  ['result', { ...executed, stdout: text, sessionId: 'x', cdpUrl: created.cdpUrl }],
]

/** The messages with one of the three line ends, comments and fields that are to be ignored. */
function wire(end: string): Buffer {
  const events = messages.map(([event, data]) =>
    [
      ': a comment',
      `event: ${event}`,
      'id:7',
      'retry',
      `data:${JSON.stringify(data)}`,
      '',
      '',
    ].join(end),
  )
  return Buffer.from(`\uFEFF${end}${events.join('')}`)
}

const expected = [
  { type: 'stdout', text },
  { type: 'stderr', text: 'careful' },
  { type: 'step', ...step },
  { type: 'result', execution: expect.objectContaining({ ok: true, stdout: text }) as Execution },
]

describe.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
])('with %s, events are the same', (_, end) => {
  const bytes = wire(end)

  test('when every byte comes on its own', async () => {
    await using server = await TestServer.start(async ({ events }) => {
      const response = events()
      response.socket?.setNoDelay(true)
      for (const byte of bytes) {
        await new Promise((resolve) => response.write(Buffer.of(byte), resolve))
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    })
    const { sessions } = new Tandem({ baseUrl: server.url })
    expect(await Array.fromAsync(sessions.stream('a', { code: '1' }))).toEqual(expected)
    expect(server.request().headers.accept).toBe('text/event-stream')
  })

  test('wherever they are cut in two', async () => {
    // Whatever a network does with them, here they come in these pieces.
    const fetch = async (...[, init]: Parameters<typeof globalThis.fetch>): Promise<Response> => {
      const { code } = JSON.parse(init?.body as string) as { code: string }
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(bytes.subarray(0, Number(code)))
          controller.enqueue(bytes.subarray(Number(code)))
          controller.close()
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    }
    const { sessions } = new Tandem({ baseUrl: 'http://unused.test', apiKey: 'unused', fetch })
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const events = await Array.fromAsync(sessions.stream('a', { code: String(cut) }))
      expect(events, `cut at ${cut}`).toEqual(expected)
    }
  })
})

test('data on several lines is one message', async () => {
  await using server = await TestServer.start(({ events }) => {
    events().end('event: stdout\ndata: {"text":\ndata: "two lines"}\n\nevent: result\ndata: {}\n\n')
  })
  const stream = new Tandem({ baseUrl: server.url }).sessions.stream('a', { code: '1' })
  expect((await stream.next()).value).toEqual({ type: 'stdout', text: 'two lines' })
})

test('a session and a scrape stream alike', async () => {
  await using server = await TestServer.start(({ url, json, events }) =>
    url === '/v2/interact' ? json(200, created) : void events().end(wire('\n')),
  )
  const tandem = new Tandem({ baseUrl: server.url })
  const session = await tandem.sessions.create()
  expect(await Array.fromAsync(session.stream('1', { language: 'bash' }))).toEqual(expected)
  expect(await Array.fromAsync(session.stream({ prompt: 'Buy' }))).toEqual(expected)
  expect(server.request(1).body).toMatchObject({ code: '1', language: 'bash' })
  expect(server.request(2).body).toMatchObject({ prompt: 'Buy' })

  let interaction: Interaction | undefined
  for await (const event of tandem.streamInteraction('s', { code: '1' })) {
    if (event.type === 'result') interaction = event.execution
  }
  expect([interaction?.sessionId, interaction?.cdpUrl]).toEqual(['x', created.cdpUrl])
  expect(server.request(3).url).toBe('/v2/scrape/s/interact')
  expectTypeOf<ExecutionEvent['type']>().toEqualTypeOf<'stdout' | 'stderr' | 'step' | 'result'>()
})

test('nothing is sent until the first event is asked for', async () => {
  await using server = await TestServer.start(({ events }) => void events().end(wire('\n')))
  const stream = new Tandem({ baseUrl: server.url }).sessions.stream('a', { code: '1' })
  await stream.return()
  expect(await Array.fromAsync(stream)).toEqual([])
  expect(server.requests).toHaveLength(0)
})

test('leaving the loop closes the connection', async () => {
  await using server = await TestServer.start(({ events }) => {
    events().write('event: stdout\ndata: {"text":"one"}\n\n')
  })
  for await (const event of new Tandem({ baseUrl: server.url }).sessions.stream('a', {
    code: '1',
  })) {
    expect(event).toEqual({ type: 'stdout', text: 'one' })
    break
  }
  await server.request().disconnected
  expect(server.request().response.writableFinished).toBe(false)
})

test('an error in the loop closes the connection, and passes', async () => {
  await using server = await TestServer.start(({ events }) => {
    events().write('event: stdout\ndata: {"text":"one"}\n\n')
  })
  const own = new Error('My own.')
  const read = async () => {
    for await (const _ of new Tandem({ baseUrl: server.url }).sessions.stream('a', { code: '1' }))
      throw own
  }
  await expect(read()).rejects.toBe(own)
  await server.request().disconnected
})

test('a server that does not stream still gives events', async () => {
  const answer = { ...executed, stderr: 'careful' }
  await using server = await TestServer.start((exchange) =>
    exchange.json(200, answer, { 'x-request-id': 'req-3' }),
  )
  const stream = new Tandem({ baseUrl: server.url }).sessions.stream('a', { code: '1' })
  expect(await Array.fromAsync(stream)).toEqual([
    { type: 'stdout', text: answer.stdout },
    { type: 'stderr', text: 'careful' },
    {
      type: 'result',
      execution: expect.objectContaining({ ok: true, requestId: 'req-3' }) as Execution,
    },
  ])
})

const stdout = 'event: stdout\ndata: {"text":"one"}\n\n'
const broken: [string, string, string, string][] = [
  ['ends without a result', stdout, 'ConnectionError', 'The stream ended without a result.'],
  ['is empty', '', 'ConnectionError', 'The stream ended without a result.'],
  [
    'ends inside the result',
    `${stdout}event: result\ndata: {"success":true}\n`,
    'ConnectionError',
    'The stream ended',
  ],
  [
    'has malformed data',
    `${stdout}event: result\ndata: {"succ\n\n`,
    'BrowserServiceError',
    'The server answered 200 with no JSON object: {"succ',
  ],
  [
    'says that the session is gone',
    `${stdout}event: error\ndata: {"success":false,"status":410,"error":"Browser session has been destroyed."}\n\n`,
    'SessionDestroyedError',
    'Browser session has been destroyed.',
  ],
  [
    'says no more than that it failed',
    `${stdout}event: error\ndata: {}\n\n`,
    'BrowserServiceError',
    'The server answered 500.',
  ],
]
test.each(broken)(
  'a stream that %s ends in an error, and is not repeated',
  async (_, bytes, name, message) => {
    await using server = await TestServer.start((exchange) => {
      exchange.response.setHeader('x-request-id', 'req-9')
      exchange.events().end(bytes)
    })
    const { sessions } = new Tandem({ baseUrl: server.url })
    const seen: unknown[] = []
    const read = async () => {
      for await (const event of sessions.stream('a', { code: '1' })) seen.push(event)
    }
    const error = await failureOf(read())
    expect(error.name).toBe(name)
    expect(error.message.slice(0, message.length)).toBe(message)
    expect(seen).toEqual(bytes === '' ? [] : [{ type: 'stdout', text: 'one' }])
    if (name !== 'ConnectionError') expect(error.requestId).toBe('req-9')
    expect(server.requests).toHaveLength(1)
  },
)

test('a stream that is reset is not repeated', async () => {
  await using server = await TestServer.start(({ events, reset }) => {
    events().write(stdout, reset)
  })
  const error = await failureOf(
    Array.fromAsync(new Tandem({ baseUrl: server.url }).sessions.stream('a', { code: '1' })),
  )
  expect(error.name).toBe('ConnectionError')
  expect(server.requests).toHaveLength(1)
})

test('a refused stream is the same error as a refused call', async () => {
  await using server = await TestServer.start((exchange) =>
    exchange.json(410, { success: false, error: 'Browser session has been destroyed.' }),
  )
  const stream = new Tandem({ baseUrl: server.url }).sessions.stream('a', { code: '1' })
  expect((await failureOf(stream.next())).name).toBe('SessionDestroyedError')
})

test('what may be silent for longer than fetch allows is streamed under the hood', async () => {
  await using server = await TestServer.start(({ events }) => void events().end(wire('\n')))
  const { sessions } = new Tandem({ baseUrl: server.url })
  expect(await sessions.execute('a', { code: '1', timeout: 300 })).toMatchObject({
    ok: true,
    stdout: text,
  })
  expect(await sessions.execute('a', { prompt: 'Buy' })).toMatchObject({ ok: true, stdout: text })
  await failureOf(sessions.execute('a', { code: '1', timeout: 240, signal: AbortSignal.abort() }))
  expect(server.requests.map(({ headers }) => headers.accept)).toEqual([
    'text/event-stream',
    'text/event-stream',
  ])
})
