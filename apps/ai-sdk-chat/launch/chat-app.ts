import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const appFolder = fileURLToPath(new URL('..', import.meta.url))
export const nextProgram = createRequire(import.meta.url).resolve('next/dist/bin/next')

export interface ChatAppOptions {
  /** 0 takes a free one. */
  port: number
  /** What it gets besides the environment of this process; undefined takes something away. */
  environment: Readonly<Record<string, string | undefined>>
  /** `dev` compiles the pages when they are asked for, and again when they change. */
  mode: 'start' | 'dev'
  /** Hears every line of its log. Default: they are printed. */
  onLog?: (line: string) => void
}

/** Milliseconds in which it ends its sessions. */
const stopLimit = 20_000

const print = (line: string): void => void process.stderr.write(`${line}\n`)

/** The Next.js server of the chat, a process of its own. */
export class ChatApp {
  readonly url: string
  readonly #process: ChildProcess

  private constructor(process: ChildProcess, url: string) {
    this.#process = process
    this.url = url
  }

  /** @throws when it ends before it is ready */
  static async start({ port, environment, mode, onLog = print }: ChatAppOptions): Promise<ChatApp> {
    const args = [nextProgram, mode, '--hostname', '127.0.0.1', '--port', String(port)]
    const child = spawn(process.execPath, args, {
      cwd: appFolder,
      env: {
        ...process.env,
        NODE_ENV: mode === 'dev' ? 'development' : 'production',
        NEXT_TELEMETRY_DISABLED: '1',
        // The chat ends its sessions first, and then the process.
        NEXT_MANUAL_SIG_HANDLE: 'true',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    createInterface({ input: child.stderr }).on('line', onLog)
    const lines = createInterface({ input: child.stdout })
    const ready = new Promise<string>((resolve, reject) => {
      let url = ''
      lines.on('line', (line) => {
        url = /Local:\s+(http\S+)/.exec(line)?.[1] ?? url
        if (line.includes('Ready in')) resolve(url)
      })
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`The chat server ended with status ${code}.`)))
    })
    return new ChatApp(child, await ready)
  }

  /** Resolves when the process has ended, however that comes. */
  async ended(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await once(this.#process, 'exit')
    }
  }

  /** Ends its sessions and then the process. May be called again. */
  async close(): Promise<void> {
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), stopLimit)
    this.#process.kill('SIGTERM')
    await this.ended()
    clearTimeout(kill)
  }

  /** Closes it at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
