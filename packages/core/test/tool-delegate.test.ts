import { beforeEach, expect, test } from 'vitest'
import { AbortError, BrowserServiceError, NotConfiguredError } from '../src/index.ts'
import { type ToolProgress, tools } from '../src/tools/index.ts'
import { poolOf } from './support/pool.ts'
import { executed, type Exchange } from './support/server.ts'
import type { SessionServer } from './support/session-server.ts'
import { startToolServer } from './support/tool-server.ts'

let server: SessionServer
/** What the server does with a task; everything else it answers as a browser would. */
let onTask: (exchange: Exchange) => void
beforeEach(async () => {
  server = await startToolServer()
  const { intercept } = server
  server.intercept = (exchange) => {
    if (typeof exchange.body?.['prompt'] !== 'string') return intercept(exchange)
    onTask(exchange)
    return true
  }
  return () => server[Symbol.asyncDispose]()
})

const steps = [
  'event: step\ndata: {"index":0,"command":"agent-browser click @e1","output":"ok","exitCode":0}\n\n',
  'event: step\ndata: {"index":1,"command":"agent-browser get text @e2","output":"ok","exitCode":0}\n\n',
]
const end = (result: object) =>
  `event: result\ndata: ${JSON.stringify({ ...executed, ...result })}\n\n`

test('a task is done by the server, told step by step, and answered', async () => {
  await using pool = poolOf(server)
  onTask = ({ events }) => events().end([...steps, end({ output: 'Order 17 <b>' })].join(''))
  const heard: ToolProgress[] = []
  const result = await tools.delegate.execute(
    { task: 'Order one.' },
    { pool, key: 'a', onProgress: (progress) => heard.push(progress) },
  )
  expect(result.status).toBe('ok')
  expect(result.text).toMatch(/from="agent"[^>]*>\nOrder 17 <b>\n<\/untrusted-content/)
  expect(result.text).toContain('Title: Shop')
  expect(result.artifact.execution?.output).toBe('Order 17 <b>')
  expect(heard.map((progress) => progress.type === 'step' && progress.message)).toEqual([
    false,
    'Giving the task to the browser agent',
    'agent-browser click @e1',
    'agent-browser get text @e2',
  ])
})

test('a task that the agent gives up is data', async () => {
  await using pool = poolOf(server)
  onTask = ({ json }) =>
    json(200, { ...executed, exitCode: 1, error: 'I found no shop.', stderr: 'I found no shop.' })
  const result = await tools.delegate.execute({ task: 'Order one.' }, { pool, key: 'a' })
  expect(result).toMatchObject({ status: 'error', code: 'task_failed' })
  expect(result.text).toContain('I found no shop.')
})

test('a very long answer is read to where it was kept, and that is said', async () => {
  await using pool = poolOf(server)
  const context = { pool, key: 'a' }
  onTask = ({ json }) => json(200, { ...executed, output: '👩‍👩‍👧'.repeat(50_000) })
  const first = await tools.delegate.execute({ task: 'Tell all.' }, context)
  expect(first.text.length).toBeLessThan(21_000)
  expect(first.nextOffset).toBeGreaterThan(19_000)
  const last = await tools.readPage.execute({ format: 'output', offset: 249_000 }, context)
  expect(last.text).toMatch(/👩‍👩‍👧\n\(Of the rest nothing was kept\.\)\n<\/untrusted/)
  expect(last.text).toMatch(/this is the end/)
})

test('a dialog that keeps code from being run is data', async () => {
  await using blocked = await startToolServer(
    'A JavaScript alert dialog is blocking the page: "Hi"',
  )
  const { intercept } = blocked
  blocked.intercept = (exchange) => {
    if (exchange.body?.['language'] !== 'node') return intercept(exchange)
    exchange.json(502, { success: false, error: 'A page of the session does not answer.' })
    return true
  }
  await using pool = poolOf(blocked)
  const result = await tools.executeCode.execute({ code: '1' }, { pool, key: 'a' })
  expect(result).toMatchObject({ status: 'error', code: 'dialog_open' })
  expect(result.text).toContain('acceptDialog')
})

test('a person who has taken the browser over is data', async () => {
  await using pool = poolOf(server)
  onTask = ({ json }) => json(409, { success: false, error: 'A person has control.' })
  const result = await tools.delegate.execute({ task: 'Order one.' }, { pool, key: 'a' })
  expect(result).toMatchObject({ status: 'error', code: 'session_busy' })
})

test('what the service refuses is thrown', async () => {
  await using pool = poolOf(server)
  const call = (signal?: AbortSignal) =>
    tools.delegate
      .execute({ task: 'Order one.' }, { pool, key: 'a', signal })
      .catch((error: unknown) => error)
  onTask = ({ json }) => json(503, { success: false, error: 'Prompts are not available.' })
  expect(NotConfiguredError.isInstance(await call())).toBe(true)
  onTask = ({ json }) => json(502, { success: false, error: 'Browser agent failed.' })
  expect(BrowserServiceError.isInstance(await call())).toBe(true)
  const controller = new AbortController()
  const gone = new Promise<unknown>((resolve) => {
    onTask = ({ events, disconnected }) => {
      events().write(steps[0])
      controller.abort()
      void disconnected.then(resolve)
    }
  })
  expect(AbortError.isInstance(await call(controller.signal))).toBe(true)
  await gone
})

test('a server whose shell has no agent-browser is a failure of the service', async () => {
  await using pool = poolOf(server)
  server.intercept = ({ body, json }) => {
    if (body?.['language'] !== 'bash') return false
    const separator = /'(tandem-[\d-]+)'/.exec(String(body['code']))?.[1]
    const stderr = 'bash: agent-browser: command not found; token=secret'
    json(200, { ...executed, stdout: `\n${separator} 127\n`, stderr })
    return true
  }
  const error: unknown = await tools.readPage
    .execute({}, { pool, key: 'a' })
    .catch((reason: unknown) => reason)
  expect(NotConfiguredError.isInstance(error)).toBe(true)
  expect(String(error)).toMatch(/no agent-browser.*token=\[redacted\]/)
})
