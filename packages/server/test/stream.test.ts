import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecuteResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LocalSite } from './support/local-site.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: LocalSite
let sessionId: string

beforeAll(async () => {
  site = await LocalSite.start()
  server = await TestServer.start()
  sessionId = (await server.createSession()).id
})

afterAll(async () => {
  await server.close()
  await site.close()
})

interface StreamEvent {
  event: string
  data: Record<string, unknown>
}

async function* stream(body: object, id = sessionId): AsyncGenerator<StreamEvent> {
  const response = await fetch(`${server.url}/v2/interact/${id}/execute`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TestServer.keys[0]}`,
      accept: 'text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  expect(response.headers.get('x-request-id')).toBeTruthy()
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, event = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
      if (event !== '') yield { event, data: JSON.parse(data) as Record<string, unknown> }
    }
  }
}

test('output arrives while the code still runs', async () => {
  const events = stream({ code: `console.log('first'); await fetch('${site.url}/hold'); 'end'` })
  const held = site.nextRequest('/hold')
  expect((await events.next()).value).toEqual({ event: 'stdout', data: { text: 'first\n' } })
  await held
  site.release()
  expect((await events.next()).value).toEqual({
    event: 'result',
    data: {
      success: true,
      stdout: 'first\n',
      stderr: '',
      result: 'end',
      exitCode: 0,
      killed: false,
    },
  })
  expect((await events.next()).done).toBe(true)
})

test('so does that of a shell, and its errors', async () => {
  const code = 'echo first; echo second >&2; until [ -e go ]; do sleep 0.05; done; echo end'
  const events = stream({ code, language: 'bash' })
  // The two streams are independent of each other.
  const first = [(await events.next()).value, (await events.next()).value]
  expect(first).toContainEqual({ event: 'stdout', data: { text: 'first\n' } })
  expect(first).toContainEqual({ event: 'stderr', data: { text: 'second\n' } })
  await writeFile(join(server.directory, sessionId, 'work', 'go'), '')
  expect((await events.next()).value).toEqual({ event: 'stdout', data: { text: 'end\n' } })
  expect((await events.next()).value).toMatchObject({ event: 'result', data: { exitCode: 0 } })
})

test('a client that leaves its stream ends the execution, and the session goes on', async () => {
  const { id } = await server.createSession()
  const execute = async (code: string): Promise<ExecuteResponse> =>
    (await server.api<ExecuteResponse>('POST', `/v2/interact/${id}/execute`, { code })).body
  await execute(`await page.goto('${site.url}/counter')`)
  const events = stream(
    { code: `console.log('begun'); while (true) await page.click('button')`, timeout: 60 },
    id,
  )
  expect((await events.next()).value).toMatchObject({ event: 'stdout' })
  await events.return(undefined)
  const count = 'Number(await page.textContent("output"))'
  const first = await execute(count)
  expect(first.stderr).toContain('gone')
  expect((await execute(count)).result).toBe(first.result)
})

test('both streams and characters that were written in parts arrive whole', async () => {
  const seen = { stdout: '', stderr: '' }
  const code = `
    const bytes = Buffer.from('naïve 🦆\\n')
    for (const byte of bytes) process.stdout.write(Buffer.of(byte))
    console.error('warned')`
  for await (const { event, data } of stream({ code })) {
    if (event === 'stdout' || event === 'stderr') seen[event] += String(data['text'])
    else expect(data).toMatchObject({ stdout: 'naïve 🦆\n', stderr: 'warned\n', exitCode: 0 })
  }
  expect(seen).toEqual({ stdout: 'naïve 🦆\n', stderr: 'warned\n' })
})

test('a failure that comes before the stream is an answer with its status', async () => {
  const answer = await server.api(
    'POST',
    '/v2/interact/nothing/execute',
    { code: '1' },
    {
      headers: { accept: 'text/event-stream' },
    },
  )
  expect(answer).toMatchObject({ status: 404, body: { success: false } })
})

test('the end of the session ends the stream with an error event', async () => {
  const { id } = await server.createSession()
  const events = stream({ code: `console.log('begun'); await fetch('${site.url}/hold')` }, id)
  expect((await events.next()).value).toMatchObject({ event: 'stdout' })
  await server.api('DELETE', `/v2/interact/${id}`)
  expect((await events.next()).value).toEqual({
    event: 'error',
    data: {
      success: false,
      status: 410,
      error: 'Browser session has been destroyed.',
      details: { endReason: 'released' },
    },
  })
  expect((await events.next()).done).toBe(true)
})
