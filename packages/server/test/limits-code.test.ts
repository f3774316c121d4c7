import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecuteResponse, Language } from '@tandem-browser/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isolationAvailable } from './support/isolation.ts'
import { LocalSite } from './support/local-site.ts'
import { python } from './support/python.ts'
import { RawClient } from './support/raw-client.ts'
import { processesOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

const languages: Language[] = python === undefined ? ['node', 'bash'] : ['node', 'python', 'bash']
const notice = 'The kernel was restarted: variables and imports of earlier executions are gone.\n'

let server: TestServer
let site: LocalSite
let sessionId: string
let client: RawClient
let work: string

beforeAll(async () => {
  site = await LocalSite.start()
  server = await TestServer.start({
    kernelMemory: 320,
    kernelProcesses: 96,
    sessionDisk: 48,
    // Some file systems make no more than a few thousand a second.
    sessionFiles: 1_000,
  })
})

afterAll(() => Promise.all([server.close(), site.close()]))

/**
 * One session for all tests of a group: what one of them left behind, the next one would meet. After
 * the last nothing is left.
 */
function shareSession(): void {
  beforeAll(async () => {
    const session = await server.createSession()
    sessionId = session.id
    client = await RawClient.connect(session.cdpUrl)
    work = join(server.directory, sessionId, 'work')
    return async () => {
      await server.api('DELETE', `/v2/interact/${sessionId}`)
      await client.closed
      const left = [...(await processesOf(sessionId)), ...(await readdir(server.directory))]
      if (left.length > 0) throw new Error(`Something was left: ${JSON.stringify(left)}`)
    }
  })
}

async function execute(
  code: string,
  { language = 'node', timeout = 60 }: { language?: Language; timeout?: number } = {},
): Promise<ExecuteResponse> {
  const answer = await server.api<ExecuteResponse>('POST', `/v2/interact/${sessionId}/execute`, {
    code,
    language,
    timeout,
  })
  expect(answer.status).toBe(200)
  return answer.body
}

/** The session goes on, with its page, and with an interpreter that knows nothing of the last one. */
async function expectFreshKernel(language: Language): Promise<void> {
  const { code, result } = {
    node: { code: 'typeof kept', result: 'undefined' },
    python: { code: 'print("kept" in globals())', result: 'False' },
    bash: { code: 'echo "${kept-unset}"', result: 'unset' },
  }[language]
  expect(await execute(code, { language })).toMatchObject({ stderr: notice, result, exitCode: 0 })
  expect(await execute(code, { language })).toMatchObject({ stderr: '', result })
}

/** Code that has clicked once and goes on clicking beside whatever follows. */
const clicking: Record<Language, string> = {
  node: `await page.click('button'); setInterval(() => page.click('button').catch(() => {}), 20)`,
  python: `import asyncio
await page.click("button")
async def click():
  while True: await page.click("button")
clicks = asyncio.create_task(click())`,
  bash: `agent-browser click button > /dev/null
(while :; do agent-browser click button; done > /dev/null 2>&1 &)`,
}

async function openCounter(): Promise<void> {
  const page = await client.attach()
  await client.send('Page.enable', {}, page)
  const loaded = client.nextEvent('Page.loadEventFired')
  await client.send('Page.navigate', { url: `${site.url}/counter` }, page)
  await loaded
}

/** What the page counts goes on no longer, half a second after it was clicked last. */
async function expectUntouched(): Promise<void> {
  const count = 'Number(document.querySelector("output").textContent)'
  const later = `new Promise((resolve) => setTimeout(() => resolve(${count}), 500))`
  const page = await client.attach()
  const first = await client.evaluate(count, page)
  expect(first).toBeGreaterThan(0)
  expect(await client.evaluate(later, page)).toBe(first)
}

describe.each(languages)('%s', (language) => {
  shareSession()

  test('memory that grows kills the execution, which keeps what it had printed', async () => {
    await openCounter()
    const code = {
      node: `var kept = []
        console.log('so far'); ${clicking.node}
        for (;;) { kept.push(Buffer.alloc(8e6, 1)); await new Promise(setImmediate) }`,
      python: `kept = []
print("so far", flush=True)
${clicking.python}
while True:
  kept.append(b"x" * 8_000_000)
  await asyncio.sleep(0)`,
      bash: `kept=1; echo so far; ${clicking.bash}
head -c 4G /dev/zero | tail`,
    }[language]
    const output = await execute(code, { language })
    expect(output).toMatchObject({ stdout: 'so far\n', exitCode: 137, killed: true })
    expect(output.stderr).toMatch(
      /^The execution was killed: it used (\d+ MB|all of the 320 MB) of memory, .*the limit is 320 MB\.$/,
    )
    expect(output.error).toBe(output.stderr)
    await expectUntouched()
    await expectFreshKernel(language)
    expect(await execute('await page.title()')).toMatchObject({ result: 'Counter' })
  })

  test('files that fill the folder kill the execution; one that removes them is not killed', async () => {
    const fill = {
      node: `const fs = require('node:fs')
        for (let index = 0; ; index += 1) fs.writeFileSync('file' + index, Buffer.alloc(2e6, 1))`,
      python: `for index in range(10_000):
    open(f"file{index}", "wb").write(b"x" * 2_000_000)`,
      bash: 'for ((index = 0; ; index += 1)); do head -c 2M /dev/zero > file$index; done',
    }[language]
    const output = await execute(fill, { language })
    expect(output).toMatchObject({ exitCode: 137, killed: true })
    expect(output.stderr).toMatch(
      /^The execution was killed: \S*\/work holds \d+ MB, and the limit is 48 MB\. Remove some/,
    )
    const before = (await readdir(work)).length
    expect(before).toBeGreaterThan(20)
    // Longer than the server takes to look, while the folder is still too full.
    const clear = {
      node: `await page.waitForTimeout(1500)
        for (const name of fs.readdirSync('.')) if (/^file/.test(name)) fs.rmSync(name)`,
      python: `import glob, os, time
time.sleep(1.5)
for name in glob.glob("file*"): os.remove(name)`,
      bash: 'sleep 1.5; rm file*',
    }[language]
    const declared = language === 'node' ? `const fs = require('node:fs');${clear}` : clear
    expect(await execute(declared, { language })).toMatchObject({ killed: false, exitCode: 0 })
    expect((await readdir(work)).filter((name) => name.startsWith('file'))).toEqual([])
  })

  test.skipIf(!isolationAvailable)('a file that is too large is an error of the code', async () => {
    const code = {
      node: `const fs = require('node:fs')
        const file = fs.openSync('large', 'w')
        for (let rest = 10e9; rest > 0; rest -= 8e6) fs.writeSync(file, Buffer.alloc(8e6, 1))`,
      python: `with open("large", "wb", buffering=0) as file:
    for _ in range(1250): file.write(b"x" * 8_000_000)
    for _ in range(1250): file.write(b"x" * 8_000_000)`,
      bash: 'dd if=/dev/zero of=large bs=8M count=1250 status=none',
    }[language]
    const output = await execute(code, { language })
    expect(output).toMatchObject({ killed: false, exitCode: 1 })
    expect(output.stderr).toMatch(/file too large/i)
    const cleared = language === 'bash' ? 'rm large' : 'import os; os.remove("large")'
    const inNode = `require('node:fs').rmSync('large')`
    const remove = language === 'node' ? inNode : cleared
    expect(await execute(remove, { language })).toMatchObject({ killed: false, exitCode: 0 })
  })

  test.skipIf(!isolationAvailable)(
    'processes without end are ended with their execution, in time',
    async () => {
      await openCounter()
      await execute(language === 'bash' ? 'agent-browser get url' : '1', { language })
      const bomb = 'bomb() { bomb | bomb & }; bomb; while :; do (:); done'
      const code = {
        node: `console.log('so far'); ${clicking.node}
          const { spawn } = require('node:child_process')
          for (let index = 0; index < 200; index += 1) {
            spawn('bash', ['-c', ${JSON.stringify(bomb)}], { stdio: 'ignore' }).on('error', () => {})
          }
          await new Promise(() => {})`,
        python: `print("so far")
${clicking.python}
import os
while True:
    try: os.fork()
    except OSError: pass`,
        bash: `echo so far; ${clicking.bash}
${bomb}`,
      }[language]
      const began = performance.now()
      const output = await execute(code, { language, timeout: 3 })
      // The issue names the time.
      expect(performance.now() - began).toBeLessThan(4_500)
      expect(output).toMatchObject({ stdout: 'so far\n', killed: true })
      // Thirty copies of Python have more memory than a kernel may; whether that is seen before the
      // time is over is up to the machine.
      const isMemory = language === 'python' && output.exitCode === 137
      expect(output.exitCode).toBe(isMemory ? 137 : 124)
      expect(output.stderr).toMatch(isMemory ? /the limit is 320 MB/ : /its timeout of 3 s/)
      await expectUntouched()
      const left = await processesOf(sessionId)
      expect(
        left.map(({ commandLine }) => commandLine).filter((line) => /bomb/.test(line)),
      ).toEqual([])
      expect(await execute('1 + 1')).toMatchObject({ result: '2' })
    },
  )
})

// In bash where the language is of no matter: it is there at once.
describe('whatever the language,', () => {
  shareSession()

  test.skipIf(!isolationAvailable)('memory beyond all bounds is an error of the code', async () => {
    const inNode = await execute('Buffer.alloc(4e9, 1)')
    expect(inNode).toMatchObject({ killed: false, exitCode: 1 })
    expect(inNode.stderr).toContain('RangeError')
    expect(await execute('1')).toMatchObject({ result: '1', stderr: '' })
    if (python === undefined) return
    const inPython = await execute('bytearray(4_000_000_000)', { language: 'python' })
    expect(inPython).toMatchObject({ killed: false, exitCode: 1 })
    expect(inPython.stderr).toContain('MemoryError')
  })

  test('temporary files count as memory, in whatever process they were made', async () => {
    const code = `for ((index = 0; ; index += 1)); do
  for folder in /tmp /dev/shm; do head -c 2M /dev/zero > $folder/$index; done
  sleep 0.01
done`
    const output = await execute(code, { language: 'bash' })
    expect(output).toMatchObject({ exitCode: 137, killed: true })
    expect(output.stderr).toContain('temporary files; the limit is 320 MB')
  })

  describe.skipIf(!isolationAvailable)('memory that no process shows cannot be had', () => {
    test('in a temporary folder of a user namespace', async () => {
      const output = await execute('unshare --user --map-root-user --mount true', {
        language: 'bash',
      })
      expect(output).toMatchObject({ exitCode: 1 })
      expect(output.stderr).toContain('Operation not permitted')
    })

    test.skipIf(python === undefined)('in files and segments without a name', async () => {
      const code = `import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def attempt(action):
    try: return action()
    except OSError as error: return error.strerror
def segment():
    if libc.shmget(0, 1 << 20, 0o1600) < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
print(attempt(lambda: os.memfd_create("x")), attempt(segment), sep="\\n")`
      expect(await execute(code, { language: 'python' })).toMatchObject({
        result: 'Function not implemented\nFunction not implemented',
      })
    })
  })

  test('files that are deleted and still open count as well', async () => {
    const code = `while :; do
  exec {file}>gone
  head -c 8M /dev/zero >&$file
  rm gone
  sleep 0.02
done`
    const output = await execute(code, { language: 'bash' })
    expect(output).toMatchObject({ exitCode: 137, killed: true })
    expect(output.stderr).toContain('and the limit is 48 MB')
  })

  test('many small files count as well', async () => {
    const code = `for ((index = 0; ; index += 1)); do
  mkdir folder$index
  touch folder$index/{1..100}
  sleep 0.01
done`
    const output = await execute(code, { language: 'bash' })
    expect(output).toMatchObject({ exitCode: 137, killed: true })
    expect(output.stderr).toContain('/work holds more than 1000 files and folders')
    expect(await execute('rm -r folder*', { language: 'bash' })).toMatchObject({ exitCode: 0 })
  })

  test('a kernel that grows between two executions is ended, and the next one hears why', async () => {
    await execute(`var kept = []
    setTimeout(() => setInterval(() => kept.push(Buffer.alloc(4e6, 1)), 20), 100)
    1`)
    await expect
      .poll(async () => (await processesOf(sessionId)).some(isKernel), { timeout: 20_000 })
      .toBe(false)
    const next = await execute('typeof kept')
    expect(next).toMatchObject({ result: 'undefined', exitCode: 0, killed: false })
    expect(next.stderr).toMatch(
      /^The kernel was ended between two executions: it used .*\nThe kernel was restarted/,
    )
    expect(await execute('1')).toMatchObject({ stderr: '' })
  })

  test('processes that each make a session of their own are too many at some number', async () => {
    const code = 'for index in {1..60}; do setsid sleep 600 & sleep 0.02; done; wait'
    const output = await execute(code, { language: 'bash' })
    expect(output).toMatchObject({ exitCode: 137, killed: true })
    expect(output.stderr).toMatch(/its processes made \d+ sessions .*the limit is 32/)
  })

  test('folders deeper than any path go with their session', async () => {
    const code =
      'name=$(printf %0200d 0); for i in $(seq 40); do mkdir $name; cd $name || exit; done'
    expect(await execute(code, { language: 'bash' })).toMatchObject({ exitCode: 0 })
    expect(await server.api('DELETE', `/v2/interact/${sessionId}`)).toMatchObject({ status: 200 })
    expect(await readdir(server.directory)).toEqual([])
  })
})

function isKernel({ commandLine }: { commandLine: string }): boolean {
  return /kernels\/node\/main/.test(commandLine)
}
