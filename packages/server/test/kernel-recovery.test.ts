import type { ExecuteResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawClient } from './support/raw-client.ts'
import { renderersOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let sessionId: string

beforeAll(async () => {
  server = await TestServer.start()
  sessionId = (await server.createSession()).id
})

afterAll(() => server.close())

function call(code: string, timeout = 20) {
  return server.api<ExecuteResponse>('POST', `/v2/interact/${sessionId}/execute`, { code, timeout })
}

async function execute(code: string): Promise<ExecuteResponse> {
  const { status, body } = await call(code)
  expect(status).toBe(200)
  return body
}

test.each(['browser', 'context'])(
  'code that closes its %s loses its kernel, and the session keeps its page',
  async (name) => {
    await execute('await page.goto("data:text/html,<title>kept</title>")')
    expect(await execute(`await ${name}.close(); "closed"`)).toMatchObject({
      result: 'closed',
      exitCode: 0,
    })
    const next = await execute('await page.title()')
    expect(next).toMatchObject({ result: 'kept', exitCode: 0 })
    expect(next.stderr).toContain('restarted')
  },
)

test('code that closes the last page gets another', async () => {
  await execute('await page.close()')
  expect(await execute('page.isClosed()')).toMatchObject({ result: 'false', stderr: '' })
})

test('code whose page crashes gets another, and hears of it once', async () => {
  await execute('globalThis.crash = page.waitForEvent("crash").then(() => true); 0')
  for (const renderer of await renderersOf(sessionId)) process.kill(renderer, 'SIGKILL')
  const first = await execute('await crash')
  const next = await execute('await page.goto("data:text/html,<title>new</title>"); page.title()')
  expect(next).toMatchObject({ result: 'new', exitCode: 0 })
  expect((first.stderr + next.stderr).match(/crashed/g)).toHaveLength(1)
  expect((await execute('context.pages().length')).stderr).toBe('')
})

test('what a kernel wrote before its end is kept, on both streams', async () => {
  const output = await execute('console.log("out"); console.error("err"); process.exit(3)')
  expect(output).toMatchObject({ stdout: 'out\n', stderr: 'err\n', error: 'err', exitCode: 3 })
})

test.each([
  ['writes without an end', 'for (;;) fs.writeSync(3, Buffer.alloc(65536, "x"))'],
  ['writes what is no message', 'fs.writeSync(3, "no message\\0"); await new Promise(() => {})'],
  ['lets go of it', 'fs.closeSync(3); await new Promise(() => {})'],
])('a kernel that breaks its protocol is ended at once: %s', async (_, code) => {
  const blocking = code.includes('for')
    ? 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)'
    : ''
  const output = await execute(`const fs = require("node:fs"); try { ${code} } catch (error) {
    if (error.code !== "EAGAIN") throw error; ${blocking} }`)
  expect(output).toMatchObject({ exitCode: 137, killed: false })
  expect(await execute('"alive"')).toMatchObject({ result: 'alive', exitCode: 0 })
})

test('a kernel that ends while its page is busy leaves no busy page to the next', async () => {
  await execute(`const busy = page.waitForEvent("console")
    page.evaluate(() => { console.log("busy"); while (true) {} }).catch(() => {})
    await busy
    process.exit(0)`)
  expect(await execute('await page.evaluate(() => 6 * 7)')).toMatchObject({ result: '42' })
})

test('a page that does not answer keeps no kernel from starting: its code gets another', async () => {
  const session = await server.createSession()
  sessionId = session.id
  const client = await RawClient.connect(session.cdpUrl)
  const [page] = await client.pages()
  const pageSession = await client.attach(page?.targetId)
  await client.send('Runtime.enable', {}, pageSession)
  const busy = client.nextEvent('Runtime.consoleAPICalled')
  const expression = 'setInterval(() => { console.log("busy"); while (true) {} })'
  await client.send('Runtime.evaluate', { expression }, pageSession)
  await busy
  expect(await execute('await page.evaluate(() => 6 * 7)')).toMatchObject({ result: '42' })
  expect(await execute('context.pages().length')).toMatchObject({ result: '1' })
  await client.close()
})
