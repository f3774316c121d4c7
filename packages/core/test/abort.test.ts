import { getEventListeners, once } from 'node:events'
import { expect, test } from 'vitest'
import { Tandem, TimeoutError, type TandemOptions } from '../src/index.ts'
import { failureOf } from './support/failure.ts'
import { executed, TestServer, type Exchange } from './support/server.ts'

/** How long an answer to an abort may take on a busy machine. */
const promptly = 4000

type Call = (tandem: Tandem, signal: AbortSignal) => Promise<unknown>
const calls: [string, Call][] = [
  ['create', (tandem, signal) => tandem.sessions.create({ signal })],
  ['execute', (tandem, signal) => tandem.sessions.execute('a', { code: '1', signal })],
  ['prompt', (tandem, signal) => tandem.sessions.execute('a', { prompt: 'Buy', signal })],
  ['interact', (tandem, signal) => tandem.interact('a', { code: '1', signal })],
  [
    'stream',
    (tandem, signal) => Array.fromAsync(tandem.sessions.stream('a', { code: '1', signal })),
  ],
  ['scrape', (tandem, signal) => tandem.scrape('https://a.example', { signal })],
  ['list', (tandem, signal) => tandem.sessions.list({ signal })],
  ['get', (tandem, signal) => tandem.sessions.get('a', { signal })],
  ['delete', (tandem, signal) => tandem.sessions.delete('a', { signal })],
  ['stopInteraction', (tandem, signal) => tandem.stopInteraction('a', { signal })],
]

/** Whether the client has the head of the answer by then, and how the server begins it. */
const phases: [string, boolean, (exchange: Exchange) => void][] = [
  ['while the server works', false, () => {}],
  [
    'in the middle of a body',
    true,
    ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"success":')
    },
  ],
  [
    'in the middle of an error',
    true,
    ({ response }) => {
      response.writeHead(500, { 'content-type': 'application/json' }).write('{"success":')
    },
  ],
  [
    'in the middle of an event stream',
    true,
    ({ events }) => void events().write('event: stdout\ndata: {"te'),
  ],
]

/** A fetch that tells when the head of an answer is there and the client reads on. */
function tellingFetch(): { fetch: typeof fetch; reading: Promise<void> } {
  const { promise: reading, resolve } = Promise.withResolvers<void>()
  return {
    reading,
    fetch: async (...parameters) => {
      const response = await fetch(...parameters)
      // After everything that the client does at once with it.
      setImmediate(resolve)
      return response
    },
  }
}

for (const [name, call] of calls) {
  test.each(phases)(
    `${name}, aborted %s: the server sees the connection go`,
    async (_, headed, begin) => {
      const begun = Promise.withResolvers<Exchange>()
      await using server = await TestServer.start((exchange) => {
        begin(exchange)
        begun.resolve(exchange)
      })
      const telling = tellingFetch()
      const controller = new AbortController()
      const reason = new Error('The person left.')
      const failure = failureOf(
        call(new Tandem({ baseUrl: server.url, fetch: telling.fetch }), controller.signal),
      )
      const exchange = await begun.promise
      if (headed) await telling.reading
      const start = performance.now()
      controller.abort(reason)
      const error = await failure
      expect(performance.now() - start).toBeLessThan(promptly)
      expect(error.name).toBe('AbortError')
      expect(error.cause).toBe(reason)
      await exchange.disconnected
      expect(exchange.response.writableFinished).toBe(false)
      expect(server.requests).toHaveLength(1)
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    },
  )

  test(`${name} with a signal that has fired sends nothing`, async () => {
    await using server = await TestServer.start(() => {})
    const error = await failureOf(
      call(new Tandem({ baseUrl: server.url }), AbortSignal.abort('no')),
    )
    expect([error.name, error.cause]).toEqual(['AbortError', 'no'])
    expect(server.requests).toHaveLength(0)
  })
}

test('an abort ends the wait between two tries', async () => {
  await using server = await TestServer.start((exchange) =>
    exchange.json(429, { success: false, error: 'Slow down.' }, { 'retry-after': '30' }),
  )
  const answered = Promise.withResolvers<void>()
  const readAll: typeof fetch = async (...parameters) => {
    const { status, headers, body } = await fetch(...parameters)
    const watched = new TransformStream<Uint8Array, Uint8Array>({
      // After everything that the client does at once with the end of the answer.
      flush: () => void setImmediate(answered.resolve),
    })
    return new Response(body?.pipeThrough(watched), { status, headers })
  }
  const controller = new AbortController()
  const tandem = new Tandem({ baseUrl: server.url, fetch: readAll })
  const failure = failureOf(tandem.sessions.list(controller))
  await answered.promise
  const start = performance.now()
  controller.abort()
  expect((await failure).name).toBe('AbortError')
  expect(performance.now() - start).toBeLessThan(promptly)
  expect(server.requests).toHaveLength(1)
})

test('an abort ends a fetch that does not listen to its signal', async () => {
  const late = Promise.withResolvers<Exchange>()
  await using server = await TestServer.start(late.resolve)
  // Kept, so that it is not closed by being collected as garbage.
  const kept: Promise<Response>[] = []
  const deaf: typeof fetch = (input, init) => {
    const { signal: _, ...rest } = init ?? {}
    const response = fetch(input, rest)
    kept.push(response)
    return response
  }
  const controller = new AbortController()
  const tandem = new Tandem({ baseUrl: server.url, fetch: deaf })
  const failure = failureOf(tandem.sessions.execute('a', { code: '1', signal: controller.signal }))
  const exchange = await late.promise
  controller.abort()
  expect((await failure).name).toBe('AbortError')
  // What such a fetch brings in the end is not left open.
  exchange.events().write('event: stdout\n')
  await exchange.disconnected
  expect(kept).toHaveLength(1)
})

test('an answer of which only the head is wanted is closed', async () => {
  await using server = await TestServer.start(({ response }) => {
    response.writeHead(302, { location: 'https://elsewhere.example/' }).write('Moved. ')
  })
  const kept: Promise<Response>[] = []
  const keeping: typeof fetch = (...parameters) => {
    const response = fetch(...parameters)
    kept.push(response)
    return response
  }
  await failureOf(new Tandem({ baseUrl: server.url, fetch: keeping }).sessions.list())
  await server.request().disconnected
  expect(kept).toHaveLength(1)
})

test('after an abort the next call works', async () => {
  await using server = await TestServer.start((exchange, index) => {
    if (index > 0) exchange.json(200, executed)
  })
  const tandem = new Tandem({ baseUrl: server.url })
  await failureOf(tandem.sessions.execute('a', { code: '1', signal: AbortSignal.timeout(50) }))
  expect(await tandem.sessions.execute('a', { code: '1' })).toMatchObject({ ok: true })
})

test('a signal that outlives many calls collects no listeners', async () => {
  await using server = await TestServer.start((exchange) => exchange.json(200, executed))
  const { sessions } = new Tandem({ baseUrl: server.url })
  const { signal } = new AbortController()
  for (let call = 0; call < 5; call++) {
    await sessions.execute('a', { code: '1', signal })
    await Array.fromAsync(sessions.stream('a', { code: '1', signal }))
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

const silences: [string, (exchange: Exchange) => void][] = [
  ['no answer', () => {}],
  [
    'a body that stalls',
    ({ response }) => void response.writeHead(200, { 'content-length': 99 }).write('{'),
  ],
  [
    'a body that never ends',
    ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(timer))
    },
  ],
  [
    'events that never end',
    ({ events }) => {
      const response = events()
      const timer = setInterval(() => response.write(': still here\n\n'), 10)
      response.on('close', () => clearInterval(timer))
    },
  ],
]
test.each(silences)('%s ends at the deadline, and closes the connection', async (_, begin) => {
  await using server = await TestServer.start(begin)
  const tandem = new Tandem({ baseUrl: server.url, timeout: 200 })
  const start = performance.now()
  const error = await failureOf(tandem.sessions.create())
  expect(performance.now() - start).toBeGreaterThan(190)
  expect(error).toBeInstanceOf(TimeoutError)
  expect(error.message).toContain('POST interact was not answered within 0.2 s.')
  await server.request().disconnected
  expect(server.requests).toHaveLength(1)
})

test('the deadline of an execution begins where the time of the server ends', async () => {
  await using server = await TestServer.start(() => {})
  const tandem = new Tandem({ baseUrl: server.url, timeout: 100 })
  const messages = await Promise.all([
    failureOf(tandem.sessions.execute('a', { code: '1', timeout: 1 })),
    failureOf(Array.fromAsync(tandem.sessions.stream('a', { code: '1', timeout: 1 }))),
    failureOf(tandem.scrape('https://a.example', { timeout: 1000 })),
  ])
  for (const { message } of messages) expect(message).toContain('within 1.1 s')
})

test('the time of a step does not bound a prompt', async () => {
  await using server = await TestServer.start(async ({ events }) => {
    const response = events()
    // Three times as long as a step and the deadline together.
    for (let step = 0; step < 33; step++) {
      response.write(': thinking\n\n')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    response.end(`event: result\ndata: ${JSON.stringify({ ...executed, output: 'Done.' })}\n\n`)
  })
  const tandem = new Tandem({ baseUrl: server.url, timeout: 10 })
  const execution = await tandem.sessions.execute('a', { prompt: 'Buy', timeout: 0.1 })
  expect(execution.output).toBe('Done.')
})

test('the time that the reader of a stream takes does not count', async () => {
  await using server = await TestServer.start(({ events }) => {
    const response = events()
    response.write('event: stdout\ndata: {"text":"one"}\n\n')
    response.end(`event: result\ndata: ${JSON.stringify(executed)}\n\n`)
  })
  const tandem = new Tandem({ baseUrl: server.url, timeout: 50 })
  const types: string[] = []
  for await (const { type } of tandem.sessions.stream('a', { code: '1', timeout: 0.05 })) {
    types.push(type)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  expect(types).toEqual(['stdout', 'result'])
})

test('a timeout longer than a timer can count does not fire at once', async () => {
  await using server = await TestServer.start(async (exchange) => {
    await once(exchange.response.socket ?? exchange.response, 'timeout').catch(() => {})
  })
  const options: TandemOptions = { baseUrl: server.url, timeout: Infinity }
  const error = await failureOf(
    new Tandem(options).sessions.list({ signal: AbortSignal.timeout(100) }),
  )
  expect(error.name).toBe('AbortError')
})

test('an answer beyond maxResponseBytes is refused while it arrives', async () => {
  await using server = await TestServer.start(({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const more = () => {
      while (response.write('"'.repeat(10_000)));
    }
    response.on('drain', more)
    more()
  })
  const tandem = new Tandem({ baseUrl: server.url, maxResponseBytes: 100_000 })
  const error = await failureOf(tandem.sessions.list())
  expect([error.name, error.message]).toEqual([
    'BrowserServiceError',
    'The answer is larger than 100000 bytes.',
  ])
  await server.request().disconnected
  expect(server.requests).toHaveLength(1)
})
