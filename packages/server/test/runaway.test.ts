import type { Language } from '@tandem-browser/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LocalSite } from './support/local-site.ts'
import { python } from './support/python.ts'
import { RawClient } from './support/raw-client.ts'
import { processesOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

/** Seconds that every runaway gets. */
const timeout = 1
/** Milliseconds after its timeout within which the answer must be there. */
const grace = 1_500

interface Answer {
  stdout: string
  stderr: string
  exitCode: number
  killed: boolean
  error?: string
  truncated?: boolean
}

let server: TestServer
let site: LocalSite

beforeAll(async () => {
  ;[server, site] = await Promise.all([TestServer.start(), LocalSite.start()])
}, 60_000)
afterAll(() => Promise.all([server.close(), site.close()]))

/** Code that says `begun` on its standard output and then does what nobody can wait for. */
const runaways: Readonly<Record<string, Partial<Record<Language, string>>>> = {
  'endless clicks': {
    node: `console.log('begun'); while (true) await page.click('button')`,
    python: `print('begun')\nwhile True: await page.click('button')`,
    bash: `echo begun; while true; do agent-browser click button > /dev/null; done`,
  },
  'clicks that nobody waits for': {
    node: `console.log('begun')
      const click = async () => { while (true) await page.click('button') }
      for (let index = 0; index < 3; index += 1) click().catch(() => {})
      await new Promise(() => {})`,
    python: `import asyncio
print('begun')
async def click():
  while True:
    await page.click('button')
tasks = [asyncio.create_task(click()) for _ in range(3)]
await asyncio.Event().wait()`,
    bash: `echo begun
      for _ in 1 2 3; do (while true; do agent-browser click button; done > /dev/null 2>&1 &); done
      while true; do :; done`,
  },
  'a busy loop that ignores signals': {
    node: `for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {})
      console.log('begun'); while (true) {}`,
    python: `import signal
for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(name, signal.SIG_IGN)
print('begun')
while True: pass`,
    bash: `trap '' TERM INT HUP; echo begun; while true; do :; done`,
  },
  'children that have left': {
    node: `const { spawn } = require('node:child_process')
      for (const command of ['sleep 600', 'while :; do :; done']) {
        spawn('sh', ['-c', command], { detached: true, stdio: 'ignore' }).unref()
      }
      console.log('begun'); await new Promise(() => {})`,
    python: `import asyncio, subprocess
for command in ('sleep 600', 'while :; do :; done'):
  subprocess.Popen(['sh', '-c', command], start_new_session=True)
print('begun')
await asyncio.Event().wait()`,
    bash: `setsid sleep 600 & setsid sh -c 'while :; do :; done' & nohup sleep 600 > /dev/null 2>&1 & disown -a
      echo begun; wait; while true; do sleep 1; done`,
  },
  'output without an end': {
    node: `console.log('begun'); while (true) process.stdout.write('x'.repeat(65536) + '\\n')`,
    python: `print('begun')\nwhile True: print('x' * 65536)`,
    bash: `echo begun; yes`,
  },
}

const firstClicks = {
  node: `await page.click('button')`,
  python: `await page.click('button')`,
  bash: 'agent-browser click button',
} as const

const greetings = { node: `console.log('on')`, python: `print('on')`, bash: 'echo on' } as const

const cases = Object.entries(runaways).flatMap(([name, codes]) =>
  (['node', 'python', 'bash'] as const).flatMap((language) => {
    const code = codes[language]
    return code === undefined ? [] : [[language, name, code] as const]
  }),
)

describe.each(['node', 'python', 'bash'] as const)('%s', (language) => {
  let session: { id: string; cdpUrl: string }
  let client: RawClient
  let page: string

  // One session for all: what a runaway left behind, the next one would meet.
  beforeAll(async () => {
    session = await server.createSession()
    client = await RawClient.connect(session.cdpUrl)
    page = await client.attach()
    await client.send('Page.enable', {}, page)
    return async () => {
      await client.close()
      await server.api('DELETE', `/v2/interact/${session.id}`)
    }
  })

  beforeEach(async () => {
    const loaded = client.nextEvent('Page.loadEventFired')
    await client.send('Page.navigate', { url: `${site.url}/counter` }, page)
    await loaded
  })

  async function execute(code: string, seconds: number): Promise<Answer> {
    const body = { code, language, timeout: seconds }
    const answer = await server.api<Answer>('POST', `/v2/interact/${session.id}/execute`, body)
    expect(answer.status).toBe(200)
    return answer.body
  }

  /** The number on the page, now and half a second later. */
  async function countTwice(): Promise<[unknown, unknown]> {
    const count = 'document.querySelector("output").textContent'
    const later = `new Promise((resolve) => setTimeout(() => resolve(${count}), 500))`
    const first = await client.evaluate(count, page)
    const { result } = await client.send<{ result: { value: unknown } }>(
      'Runtime.evaluate',
      { expression: later, awaitPromise: true },
      page,
    )
    return [first, result.value]
  }

  const own = cases.filter(([of]) => of === language)
  const isMissing = language === 'python' && python === undefined
  test.skipIf(isMissing).for(own)(
    '%s: %s is killed, and nothing of it goes on',
    { timeout: 60_000 },
    async ([, name, code]) => {
      // The kernel starts before the clock does, and so does what it clicks with.
      await execute(firstClicks[language], 30)
      const start = performance.now()
      const answer = await execute(code, timeout)
      const duration = performance.now() - start
      expect(answer).toMatchObject({ killed: true, exitCode: 124 })
      expect(answer.stdout.slice(0, 6)).toBe('begun\n')
      expect(answer.error).toContain('timeout of 1 s')
      expect(answer.truncated ?? false).toBe(name.startsWith('output'))
      expect(duration).toBeLessThan(timeout * 1_000 + grace)
      const [first, second] = await countTwice()
      expect(second).toBe(first)
      if (name.includes('clicks')) expect(Number(first)).toBeGreaterThan(1)
      const commands = (await processesOf(session.id)).map(({ commandLine }) => commandLine)
      expect(commands.filter((line) => /sleep 600|^yes|while :|agent-browser/.test(line))).toEqual(
        [],
      )

      const next = await execute(greetings[language], 30)
      expect(next).toMatchObject({ stdout: 'on\n', exitCode: 0, killed: false })
      expect(next.stderr).toContain('gone')
    },
  )
})
