import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CreateSessionOptions, CreateSessionResponse } from '@tandem-browser/core'
import { onTestFinished } from 'vitest'
import { type RunningServer, type ServerOptions, startServer } from '../../src/index.ts'

/** An answer of the API, read to its end. */
export interface Answer<Body = Record<string, unknown>> {
  status: number
  headers: Headers
  body: Body
}

export interface CallOptions {
  /** Default: the first key of the server. An empty string sends none. */
  key?: string
  headers?: Record<string, string>
  signal?: AbortSignal
}

export interface TestServerOptions extends Omit<ServerOptions, 'apiKeys' | 'port'> {
  /** A folder that is there already and stays; else one is made, and removed in the end. */
  dataDir?: string
}

/** A real server on a port of its own, with an empty data folder and two API keys. */
export class TestServer implements AsyncDisposable {
  /** Two callers that must not see each other's sessions. */
  static readonly keys = ['td-first-key-of-the-tests', 'td-second-key-of-the-tests'] as const
  readonly dataDirectory: string
  readonly #server: RunningServer
  readonly #keepsData: boolean

  private constructor(server: RunningServer, dataDirectory: string, keepsData: boolean) {
    this.#server = server
    this.dataDirectory = dataDirectory
    this.#keepsData = keepsData
  }

  static async start({ dataDir, ...options }: TestServerOptions = {}): Promise<TestServer> {
    const dataDirectory = dataDir ?? (await mkdtemp(join(tmpdir(), 'tandem-test-')))
    try {
      const server = await startServer({
        logLevel: 'silent',
        ...options,
        port: 0,
        apiKeys: TestServer.keys,
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

  get url(): string {
    return this.#server.url
  }

  /** What the marks of this server's processes begin with, in `/proc/<pid>/environ`. */
  get mark(): string {
    const owner = createHash('sha256').update(this.dataDirectory).digest('hex').slice(0, 16)
    return `${owner}:`
  }

  /** Calls the API. A body is sent as JSON, a string as it is. */
  async api<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    { key = TestServer.keys[0], headers = {}, signal }: CallOptions = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as Body,
    }
  }

  /** Makes a session that has to succeed. */
  async createSession(
    options: CreateSessionOptions = {},
    call: CallOptions = {},
  ): Promise<CreateSessionResponse> {
    const { status, body } = await this.api('POST', '/v2/interact', options, call)
    if (status !== 200) throw new Error(`No session: ${status} ${JSON.stringify(body)}`)
    return body as unknown as CreateSessionResponse
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
