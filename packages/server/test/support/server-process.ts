import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { ApiCaller } from './api-caller.ts'
import { machineEnvironment } from './machine-environment.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** `tandem serve` in a process of its own, which can be measured and killed. */
export class ServerProcess extends ApiCaller {
  override readonly url: string
  override readonly dataDirectory: string
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #output: string[]

  private constructor(
    child: ChildProcessByStdio<null, Readable, Readable>,
    url: string,
    { dataDirectory, output }: { dataDirectory: string; output: string[] },
  ) {
    super()
    this.#child = child
    this.#output = output
    this.url = url
    this.dataDirectory = dataDirectory
  }

  /** Starts one for the running test; what the test leaves of it is killed in the end. */
  static async start(
    dataDirectory: string,
    variables: Record<string, string> = {},
  ): Promise<ServerProcess> {
    const child = spawn(process.execPath, [main, 'serve', '--port', '0'], {
      env: {
        ...machineEnvironment(),
        TANDEM_DATA_DIR: dataDirectory,
        TANDEM_API_KEYS: ApiCaller.keys.join(','),
        TANDEM_OPERATOR_KEYS: ApiCaller.operatorKey,
        TANDEM_LOG_LEVEL: 'silent',
        TANDEM_POOL_SIZE: '0',
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onTestFinished(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    })
    const output: string[] = []
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output.push(chunk.toString('utf8'))
        const [, url] = /listens on (http:\S+)/.exec(output.join('')) ?? []
        if (url !== undefined) resolve(url)
      })
    }
    child.once('exit', () => {
      reject(new Error(`The server ended in its start:\n${output.join('')}`))
    })
    return new ServerProcess(child, await promise, { dataDirectory, output })
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** What it wrote so far, its log included. */
  get output(): string {
    return this.#output.join('')
  }

  /** Sends a signal, and gives the exit code once the process has ended; null when it was killed. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const exit = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [code] = (await exit) as [number | null]
    return code
  }
}
