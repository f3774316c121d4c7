import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type RunningServer, type ServerOptions, startServer } from '../../src/index.ts'
import { ApiCaller } from './api-caller.ts'
import { python } from './python.ts'

export interface TestServerOptions extends Omit<
  ServerOptions,
  'apiKeys' | 'operatorKeys' | 'port'
> {
  /** A folder that is there already and stays; else one is made, and removed in the end. */
  dataDir?: string
}

/**
 * A real server on a port of its own, with an empty data folder and two API
 * keys. Unless it is told otherwise it keeps no session ready, and no page of a scrape, so that all that
 * there is of processes and folders is that of the sessions in use.
 */
export class TestServer extends ApiCaller implements AsyncDisposable {
  override readonly dataDirectory: string
  readonly #server: RunningServer
  readonly #keepsData: boolean

  private constructor(server: RunningServer, dataDirectory: string, keepsData: boolean) {
    super()
    this.#server = server
    this.dataDirectory = dataDirectory
    this.#keepsData = keepsData
  }

  static async start({ dataDir, ...options }: TestServerOptions = {}): Promise<TestServer> {
    const dataDirectory = dataDir ?? (await mkdtemp(join(tmpdir(), 'tandem-test-')))
    try {
      const server = await startServer({
        logLevel: 'silent',
        python,
        isolation: process.env['TANDEM_ISOLATION'] === 'none' ? 'none' : 'bubblewrap',
        // The pages of the tests are on this machine.
        egressAllow: ['127.0.0.1:*', '[::1]:*', 'localhost:*'],
        poolSize: 0,
        scrapeKeep: 0,
        ...options,
        port: 0,
        apiKeys: TestServer.keys,
        operatorKeys: [TestServer.operatorKey],
        dataDir: dataDirectory,
      })
      return new TestServer(server, dataDirectory, dataDir !== undefined)
    } catch (error) {
      if (dataDir === undefined) await rm(dataDirectory, { recursive: true })
      throw error
    }
  }

  /** One for the running test, closed when that ends. */
  static async forTest(options?: TestServerOptions): Promise<TestServer> {
    const server = await TestServer.start(options)
    onTestFinished(() => server.close())
    return server
  }

  override get url(): string {
    return this.#server.url
  }

  /** Ends every session, stops listening and removes the data. May be called again. */
  async close(): Promise<void> {
    await this.#server.close()
    if (!this.#keepsData) await rm(this.dataDirectory, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
