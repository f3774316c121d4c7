import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

import { startSite } from '../src/site/start-site.ts'
import { type Ended, runProgram } from './run-program.ts'

const tour = 'src/main.ts'
const titles = [
  'Scrape the page',
  'Interact with code',
  'Attach Playwright to it',
  'Look at it live, and take over',
  'Change it from both sides',
  'Stream the output',
  'Drive it from Python',
  'Drive it with agent-browser',
  'Give it to LangChain (scripted)',
  'Give it to the AI SDK (scripted)',
  'Refuse a private address',
  'Kill an endless loop',
  'Stop the session',
  'Keep a profile',
]

function expectNothingLeft(ended: Ended): void {
  expect(ended.processes).toEqual([])
  expect(ended.files).toEqual([])
}

/** No API key, no token, and no address that is itself the secret. */
function expectNoSecrets({ stdout, stderr }: Ended): void {
  expect(stdout + stderr).not.toMatch(/td-[0-9a-f]{8}|token=(?!\[)|\/cdp\/|ws:\/\/[^ ]*\/[^[]/)
}

/** The numbers and titles of the steps that were done. */
function doneSteps({ stdout }: Ended): string[] {
  return [...stdout.matchAll(/^✓ +(\d+) {2}(.+?) +\d+ ms {2}\S/gm)].map(
    ([, number, title]) => `${number} ${title}`,
  )
}

const numbered = (names: string[]) => names.map((title, index) => `${index + 1} ${title}`)

describe('the tour', { timeout: 120_000 }, () => {
  it('of its own shop shows every step, leaves a picture and nothing else', async () => {
    const before = Date.now()
    const ended = await runProgram(tour)
    expect(ended).toMatchObject({ status: 0, stderr: '' })
    expect(doneSteps(ended)).toEqual(numbered(titles))
    expect(ended.stdout).toContain('1 bell in the cart, at /cart')
    expect(ended.stdout).toContain('the code saw €49.50')
    expect(ended.stdout).toMatch(/agent read \d{3,} characters and clicked/)
    expect(ended.stdout).toMatch(/model read \d{3,} characters and filled in “bell”/)
    expect(ended.stdout).toContain('signed in once, and “Hello, Ada” in a new session as well')
    expect(ended.stdout).toMatch(/14 steps on one page in [\d.]+ s, all as expected\.\n$/)

    const picture = /screenshot in (\S+)/.exec(ended.stdout)?.[1] ?? ''
    const path = fileURLToPath(new URL('../output/shop.png', import.meta.url))
    expect(path.endsWith(picture)).toBe(true)
    expect((await stat(path)).mtimeMs).toBeGreaterThanOrEqual(before - 1_000)
    expect((await readFile(path)).subarray(1, 4).toString()).toBe('PNG')

    const view = await readFile(new URL('../output/live-view.png', import.meta.url))
    const viewTaken = (await stat(new URL('../output/live-view.png', import.meta.url))).mtimeMs
    expect(viewTaken).toBeGreaterThanOrEqual(before - 1_000)
    expect([view.readUInt32BE(16), view.readUInt32BE(20)]).toEqual([1280, 860])
    expect(ended.stdout).toContain('a page that moved, in ')
    // Both are said to be secrets, differ, and open nothing any more.
    const addresses = [...ended.stdout.matchAll(/(http\S+\/live\/\S+#\S+) \(a secret; dead/g)]
    expect(new Set(addresses.map(([, address]) => address)).size).toBe(2)

    expectNoSecrets(ended)
    expectNothingLeft(ended)
    const server = /Server at (\S+) /.exec(ended.stdout)?.[1] ?? ''
    await expect(fetch(`${server}/health`)).rejects.toThrow('fetch failed')
  })

  it('of a page that is given uses that page', async () => {
    const site = await startSite({ port: 0 })
    try {
      const ended = await runProgram(tour, { args: [`${site.url}/products/copper-bell`] })
      expect(ended).toMatchObject({ status: 0, stderr: '' })
      expect(doneSteps(ended)).toEqual(numbered(titles))
      expect(ended.stdout).toContain('“Copper bell – Saddle & Spoke”')
      expect(ended.stdout).toMatch(/\d+ links, scrolled down by [1-9]\d* pixels/)
      expectNoSecrets(ended)
      expectNothingLeft(ended)
    } finally {
      await site.close()
    }
  })

  it('ends at the step that fails, and says what was expected and what came', async () => {
    const ended = await runProgram('test/failing-tour.ts')
    expect(ended.status).toBe(1)
    expect(doneSteps(ended)).toEqual(numbered(titles.slice(0, 2)))
    expect(ended.stdout).toMatch(/✗ +3 {2}Look for a unicorn +\d+ ms {2}failed\n$/)
    expect(ended.stderr).toContain('The tour ended at step 3, “Look for a unicorn”.')
    expect(ended.stderr).toContain('Expected  the unicorn: "white"')
    expect(ended.stderr).toContain('Came      "none at ws://')
    expectNoSecrets(ended)
    expectNothingLeft(ended)
  })

  it('ends a step that is stuck, and what it started', async () => {
    const ended = await runProgram('test/stuck-tour.ts', { args: ['1000'] })
    expect(ended.status).toBe(1)
    expect(ended.stderr).toContain('The tour ended at step 4, “Wait for a unicorn”.')
    expect(ended.stderr).toContain('The step was not done after 1 s.')
    expectNothingLeft(ended)
  })

  it.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('is taken down on %s', async (signal, status) => {
    let isSent = false
    const ended = await runProgram('test/stuck-tour.ts', {
      onOutput: (stdout, child) => {
        if (isSent || !stdout.includes('waiting') || child.pid === undefined) return
        isSent = true
        process.kill(-child.pid, signal)
      },
    })
    expect(ended.status).toBe(status)
    expect(ended.stderr).toContain(`Interrupted by ${signal}.`)
    expectNothingLeft(ended)
  })
})

describe('a page that cannot be used', { timeout: 60_000 }, () => {
  it.each([
    ['nonsense', /“nonsense” is not the address of a page/],
    ['example.com/shop', /Did you mean https:\/\/example\.com\/shop\?/],
    ['file:///etc/passwd', /must begin with http:\/\/ or https:\/\//],
  ])('%s is refused before anything is started', async (argument, sentence) => {
    const ended = await runProgram(tour, { args: [argument] })
    expect(ended).toMatchObject({ status: 2, stdout: '' })
    expect(ended.stderr).toMatch(sentence)
  })

  it('because nothing answers there fails the first step', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const ended = await runProgram(tour, { args: [`http://127.0.0.1:${port}/`] })
    expect(ended.status).toBe(1)
    expect(ended.stderr).toContain('The tour ended at step 1, “Scrape the page”.')
    expect(ended.stderr).toContain(`127.0.0.1:${port}`)
    expectNothingLeft(ended)
  })

  it('because it does not exist fails the first step', async () => {
    const site = await startSite({ port: 0 })
    try {
      const ended = await runProgram(tour, { args: [`${site.url}/no-such-page`] })
      expect(ended.status).toBe(1)
      expect(ended.stderr).toContain('Expected  the HTTP status of the page: below 400')
      expect(ended.stderr).toContain('Came      404')
      expectNothingLeft(ended)
    } finally {
      await site.close()
    }
  })
})
