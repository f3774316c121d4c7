import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'

import { findEngine } from '../../server/src/browser/engine.ts'

/** A Chromium of its own with one blank page, as a session has it. */
export class TestChromium {
  readonly cdpUrl: string
  readonly #process: ChildProcess
  readonly #directory: string

  private constructor(process: ChildProcess, directory: string, cdpUrl: string) {
    this.#process = process
    this.#directory = directory
    this.cdpUrl = cdpUrl
  }

  static async launch(): Promise<TestChromium> {
    const engine = await findEngine()
    const directory = await mkdtemp(join(tmpdir(), 'playwright-connect-test-'))
    const child = spawn(
      engine.executablePath,
      [
        '--headless',
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-crash-reporter',
        '--no-first-run',
        '--remote-debugging-port=0',
        `--user-data-dir=${directory}`,
        'about:blank',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...engine.env } },
    )
    let log = ''
    for await (const chunk of child.stderr) {
      log += String(chunk)
      const cdpUrl = /DevTools listening on (ws:\S+)/.exec(log)?.[1]
      if (cdpUrl) {
        child.stderr.resume()
        return new TestChromium(child, directory, cdpUrl)
      }
    }
    await rm(directory, { recursive: true, force: true })
    throw new Error(`Chromium did not start: ${log}`)
  }

  /** The pages that exist, asked of the browser itself over HTTP. */
  async pages(): Promise<{ id: string; url: string }[]> {
    const targets = (await this.#ask('/json/list')) as { id: string; url: string; type: string }[]
    return targets.filter((target) => target.type === 'page')
  }

  /** Closes every page; the browser goes on without one. */
  async closePages(): Promise<void> {
    for (const { id } of await this.pages()) {
      await fetch(new URL(`/json/close/${id}`, this.#httpUrl))
    }
    await vi.waitFor(async () => {
      if ((await this.pages()).length > 0) throw new Error('A page is still open.')
    })
  }

  /** Stops every renderer: their pages no longer answer, while the browser does. */
  async hangPages(): Promise<void> {
    for (const pid of await this.#renderers()) process.kill(pid, 'SIGSTOP')
  }

  async wakePages(): Promise<void> {
    for (const pid of await this.#renderers()) process.kill(pid, 'SIGCONT')
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exit = once(this.#process, 'exit')
      this.#process.kill('SIGKILL')
      await exit
    }
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }

  get #httpUrl(): string {
    return this.cdpUrl.replace('ws:', 'http:')
  }

  async #ask(path: string): Promise<unknown> {
    return (await fetch(new URL(path, this.#httpUrl))).json()
  }

  async #renderers(): Promise<number[]> {
    const found: number[] = []
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
      if (command.includes('--type=renderer') && (await this.#owns(Number(name)))) {
        found.push(Number(name))
      }
    }
    return found
  }

  async #owns(pid: number): Promise<boolean> {
    let current = pid
    while (current > 1) {
      if (current === this.#process.pid) return true
      const stat = await readFile(`/proc/${current}/stat`, 'utf8').catch(() => '')
      current = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
    }
    return false
  }
}
