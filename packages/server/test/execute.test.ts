import type { ExecuteResponse, Language } from '@tandem-browser/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LocalSite } from './support/local-site.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: LocalSite
let sessionId: string
/** A session whose kernels are lost. */
let losing: string

beforeAll(async () => {
  ;[site, server] = await Promise.all([LocalSite.start(), TestServer.start()])
  const sessions = await Promise.all([server.createSession(), server.createSession()])
  ;[sessionId, losing] = sessions.map(({ id }) => id) as [string, string]
})

afterAll(async () => {
  await server.close()
  await site.close()
})

async function execute(
  code: string,
  options: { timeout?: number; in?: string; language?: Language } = {},
): Promise<ExecuteResponse> {
  const { in: session = sessionId, ...body } = options
  const path = `/v2/interact/${session}/execute`
  const answer = await server.api<ExecuteResponse>('POST', path, { code, ...body })
  expect(answer.status).toBe(200)
  return answer.body
}

/** Begins an execution; the head of a stream comes when the server has taken it in. */
async function takenIn(code: string, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(`${server.url}/v2/interact/${sessionId}/execute`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TestServer.keys[0]}`,
      accept: 'text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ code }),
    signal,
  })
}

describe('what an execution gives', () => {
  test.each([
    ['a number', '1 + 1', '2'],
    ['a string as it is', '"two words"', 'two words'],
    ['an object as JSON', '({ a: [1, null], b: "ü" })', '{"a":[1,null],"b":"ü"}'],
    ['null', 'null', 'null'],
    ['a big integer', '2n ** 70n', '1180591620717411303424n'],
    ['what JSON cannot hold', 'const loop = { name: "loop" }; loop.self = loop; loop', 'Circular'],
    ['the value of a promise that was not awaited', 'Promise.resolve("later")', 'later'],
    [
      'the browser and the context beside the page',
      '[page.context() === context, context.browser() === browser, browser.isConnected()]',
      '[true,true,true]',
    ],
    ['the value of the last expression of several', 'const x = 20; let y = 1; x + y', '21'],
  ])('%s', async (_, code, result) => {
    const output = await execute(code)
    expect(output).toMatchObject({
      success: true,
      stdout: '',
      stderr: '',
      exitCode: 0,
      killed: false,
    })
    expect(output.result).toContain(result)
    expect(output).not.toHaveProperty('error')
    expect(output).not.toHaveProperty('truncated')
  })

  test('what was printed, each stream apart, and as the result when there is no value', async () => {
    const output = await execute(`
      console.log('one', { two: 2 })
      process.stdout.write('three')
      console.error('four')`)
    expect(output).toMatchObject({
      stdout: 'one { two: 2 }\nthree',
      stderr: 'four\n',
      result: 'one { two: 2 }\nthree',
      exitCode: 0,
    })
  })

  test('the value beside what was printed', async () => {
    expect(await execute('console.log("printed"); 7')).toMatchObject({
      stdout: 'printed\n',
      result: '7',
    })
  })

  test('the output of programs that the code starts', async () => {
    const output = await execute(`
      const { spawnSync } = await import('node:child_process')
      spawnSync('sh', ['-c', 'echo out; echo err >&2'], { stdio: 'inherit' }).status`)
    expect(output).toMatchObject({ stdout: 'out\n', stderr: 'err\n', result: '0' })
  })

  test('at most 1 MiB of each stream, cut between characters', async () => {
    const output = await execute('console.log("x" + "é".repeat(600_000)); console.error("whole")')
    expect(output.truncated).toBe(true)
    expect(Buffer.byteLength(output.stdout)).toBe(1024 * 1024 - 1)
    expect(output.stdout).toMatch(/^xé+$/)
    expect(output.stderr).toBe('whole\n')
  })

  test('at most 1 MiB of the value', async () => {
    const output = await execute('"é".repeat(600_000)')
    expect(output).toMatchObject({ truncated: true, exitCode: 0 })
    expect(Buffer.byteLength(output.result)).toBe(1024 * 1024)
  })

  test('nothing of the execution before', async () => {
    await execute('console.log("x".repeat(3_000_000))')
    expect(await execute('console.log("small")')).toMatchObject({ stdout: 'small\n', stderr: '' })
  })
})

describe('what stays from one execution to the next', () => {
  test('variables, functions, imports and the working directory', async () => {
    await execute(`
      import { basename } from 'node:path'
      const fs = require('node:fs')
      let count = 1
      function increment() { count += 1 }
      fs.mkdirSync('below', { recursive: true })
      process.chdir('below')`)
    await execute('increment(); const fs = null')
    expect(await execute('[count, fs, basename(process.cwd())]')).toMatchObject({
      result: '[2,null,"below"]',
    })
  })

  test('a const that is declared again', async () => {
    await execute('const answer = 1')
    expect(await execute('const answer = 42; answer')).toMatchObject({ result: '42' })
  })

  test('an assignment to page from within a function', async () => {
    await execute(
      `
      const selectTab = async () => { page = await context.newPage() }
      await selectTab()
      await page.goto('${site.url}/')`,
      { in: losing },
    )
    const output = await execute('[await page.title(), context.pages().length]', { in: losing })
    expect(output.result).toBe('["Home",2]')
    await execute('await page.close()', { in: losing })
    expect(await execute('page.url()', { in: losing })).toMatchObject({ result: 'about:blank' })
  })

  test('what was printed between two executions comes with the second', async () => {
    await execute(`
      const printed = Promise.withResolvers()
      setImmediate(() => { console.log('in between'); printed.resolve() })`)
    const output = await execute('await printed.promise; "done"')
    expect(output).toMatchObject({ stdout: 'in between\n', result: 'done' })
  })

  test('the kernel, when a promise that nobody waits for is rejected', async () => {
    await execute('const kept = 1; void Promise.reject(new Error("stray"))')
    const output = await execute('await new Promise(setImmediate); kept')
    expect(output).toMatchObject({ result: '1', exitCode: 0 })
    expect(output.stderr).toContain('stray')
  })
})

describe('modules', () => {
  test('of Node, of Playwright, and of the working directory, for require and import', async () => {
    const output = await execute(`
      const { writeFileSync, mkdirSync } = await import('node:fs')
      const at = (name, text) => {
        mkdirSync(name.replace(/[^/]*$/, ''), { recursive: true })
        writeFileSync(name, text)
      }
      const session = await import('node:os').then((os) => os.homedir())
      at(session + '/own.mjs', 'export const own = 1')
      at(session + '/node_modules/esm-only/package.json', '{"exports":{"import":"./index.mjs"}}')
      at(session + '/node_modules/esm-only/index.mjs', 'export default 2')
      at(session + '/data.json', '{"three":3}')
      import esmOnly from 'esm-only'
      import data from './data.json' with { type: 'json' }
      import * as playwright from 'playwright'
      const { own } = await import('./own.mjs')
      ;[own, esmOnly, data.three, require('playwright') === playwright.default, require('fs') === require('node:fs')]`)
    expect(output).toMatchObject({ stderr: '', result: '[1,2,3,true,true]' })
  })
})

describe('code that fails', () => {
  test.each([
    [
      'a thrown error',
      'const f = () => {\n  throw new RangeError("too far")\n}\nf()',
      /^RangeError: too far\n +at f \(execution-\d+\.js:2:9\)\n +at execution-\d+\.js:4:1$/,
    ],
    [
      'a rejected promise',
      'await Promise.reject(new Error("no"))',
      /^Error: no\n +at execution-\d+\.js:1:/,
    ],
    ['a thrown string', 'throw "just words"', /^Uncaught 'just words'\n +at execution-\d+\.js$/],
    [
      'a syntax error',
      'const a = 1\nlet b = ;',
      /^SyntaxError: Unexpected token ';'\n +at execution-\d+\.js:2:9$/,
    ],
    ['a name that is not there', 'nowhere.at.all', /^ReferenceError: nowhere is not defined/],
    [
      'a selector that matches nothing',
      'await page.click("#none", { timeout: 50 })',
      /^TimeoutError|^page\.click: Timeout 50ms exceeded/,
    ],
    [
      'an import of what is not there',
      'await import("no-such-package")',
      /Cannot find package 'no-such-package'/,
    ],
  ])('%s', async (_, code, error) => {
    const output = await execute(code)
    expect(output).toMatchObject({ success: true, exitCode: 1, killed: false })
    expect(output.error).toMatch(error)
    expect(output.stderr).toBe(output.error)
    // Nothing of the server's own shows.
    expect(output.stderr).not.toMatch(/evaluator|kernels\/node|node:inspector/)
  })

  test('what it printed before comes first', async () => {
    const output = await execute('console.log("out"); console.error("err"); throw new Error("end")')
    expect(output).toMatchObject({ stdout: 'out\n', result: 'out' })
    expect(output.stderr).toMatch(/^err\nError: end\n/)
  })

  test('code that ends its process; the next execution says that state was lost, once', async () => {
    await execute('const before = 1', { in: losing })
    const output = await execute('console.log("bye"); process.exit(3)', { in: losing })
    expect(output).toMatchObject({ stdout: 'bye\n', exitCode: 3, killed: false })
    expect(output.error).toBeTruthy()
    const next = await execute('typeof before', { in: losing })
    expect(next).toMatchObject({ result: 'undefined', exitCode: 0 })
    expect(next.stderr).toContain('gone')
    expect((await execute('1', { in: losing })).stderr).toBe('')
  })
})

// Whatever else may not end is in runaway.test.ts.
describe('an execution that does not end', () => {
  test.each([
    ['in a wait', 'await new Promise(() => {})'],
    ['in a page', 'await page.evaluate(() => { while (true) {} })'],
  ])('is killed: %s', async (_, code) => {
    const started = performance.now()
    const output = await execute(`console.log('begun'); ${code}`, { in: losing, timeout: 1 })
    // Far below what the code would take, however busy the machine is.
    expect(performance.now() - started).toBeLessThan(15_000)
    expect(output).toMatchObject({ success: true, stdout: 'begun\n', exitCode: 124, killed: true })
    expect(output.error).toContain('timeout of 1 s')
    const next = await execute('await page.evaluate(() => 6 * 7)', { in: losing })
    expect(next).toMatchObject({ result: '42', exitCode: 0 })
    expect(next.stderr).toContain('gone')
  })
})

test('executions of one session run in the order of their arrival', async () => {
  await execute('const order = []')
  const held = site.nextRequest('/hold')
  const answers: Promise<string>[] = []
  for (const code of [
    `await fetch('${site.url}/hold'); order.push(0)`,
    'order.push(1)',
    'order.push(2)',
  ]) {
    answers.push((await takenIn(code)).text())
  }
  await held
  site.release()
  await Promise.all(answers)
  expect((await execute('order')).result).toBe('[0,1,2]')
})

test('so do executions in several languages', async () => {
  // Both are there already, so that nothing but the order holds the second up.
  await execute(':', { in: losing, language: 'bash' })
  const first = execute(
    `await page.waitForTimeout(500); require('node:fs').appendFileSync('order', 'node ')`,
    { in: losing },
  )
  const second = execute('printf bash >> order', { in: losing, language: 'bash' })
  await Promise.all([first, second])
  expect(await execute('cat order', { in: losing, language: 'bash' })).toMatchObject({
    result: 'node bash',
  })
})

test('a session takes a hundred executions at a time, and more when they are done', async () => {
  const path = `/v2/interact/${sessionId}/execute`
  const begun = site.nextRequest('/hold')
  const first = server.api('POST', path, { code: `await fetch('${site.url}/hold'); 1` })
  await begun
  const waiting = Array.from({ length: 100 }, () => server.api('POST', path, { code: '1' }))
  const refused = await Promise.race(waiting)
  expect(refused).toMatchObject({ status: 429, body: { success: false } })
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
  site.release()
  const statuses = (await Promise.all([first, ...waiting])).map(({ status }) => status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(100)
  expect((await server.api('POST', path, { code: '2' })).body).toMatchObject({ result: '2' })
})

test('waiting for its turn does not count toward the timeout', async () => {
  const slow = execute('await page.waitForTimeout(1200)')
  const waiting = execute('"in time"', { timeout: 1 })
  expect(await waiting).toMatchObject({ result: 'in time', killed: false })
  await slow
})

describe('a client that hangs up', () => {
  test('ends its execution, and the session goes on', async () => {
    await execute(`await page.goto('${site.url}/counter')`, { in: losing })
    const hangUp = new AbortController()
    const begun = site.nextRequest('/begun')
    const lost = server.api(
      'POST',
      `/v2/interact/${losing}/execute`,
      { code: `await fetch('${site.url}/begun'); while (true) await page.click("button")` },
      { signal: hangUp.signal },
    )
    await begun
    hangUp.abort()
    await expect(lost).rejects.toThrow('aborted')
    const count = 'Number(await page.textContent("output"))'
    const first = await execute(count, { in: losing })
    expect(first.stderr).toContain('gone')
    expect((await execute(count, { in: losing })).result).toBe(first.result)
  })

  test('while it waits leaves the queue and disturbs nobody', async () => {
    await execute('let ran = false')
    const hangUp = new AbortController()
    const begun = site.nextRequest('/hold')
    const first = execute(`await fetch('${site.url}/hold')`)
    await begun
    const waiting = await takenIn('ran = true', hangUp.signal)
    hangUp.abort()
    await expect(waiting.text()).rejects.toThrow('aborted')
    // The server hears of it before it hears of what is sent later; a second round trip, and it has
    // come to its end in the server as well.
    for (let round = 0; round < 2; round += 1) await server.api('GET', '/health')
    site.release()
    expect(await first).toMatchObject({ exitCode: 0 })
    expect(await execute('ran')).toMatchObject({ result: 'false', stderr: '' })
  })
})
