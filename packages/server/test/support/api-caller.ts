import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { CreateSessionOptions, CreateSessionResponse } from '@tandem-browser/core'

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

/** A server of a test, in this process or in another, and how it is called. */
export abstract class ApiCaller {
  /** Two callers that must not see each other's sessions. */
  static readonly keys = ['td-first-key-of-the-tests', 'td-second-key-of-the-tests'] as const
  /** Opens what is for operators. */
  static readonly operatorKey = 'td-operator-key-of-the-tests'
  abstract readonly url: string
  abstract readonly dataDirectory: string

  /** What the marks of this server's processes begin with, in `/proc/<pid>/environ`. */
  get mark(): string {
    const owner = createHash('sha256').update(this.dataDirectory).digest('hex').slice(0, 16)
    return `${owner}:`
  }

  /** Holds the folders that the processes of its sessions work in. */
  get directory(): string {
    return join(this.dataDirectory, 'sessions')
  }

  /** Calls the API. A body is sent as JSON, a string as it is. */
  async api<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    { key = ApiCaller.keys[0], headers = {}, signal }: CallOptions = {},
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

  /** What the server counts. Its connection ends with it, so that it is not among what is counted. */
  async counters(): Promise<Record<string, unknown>> {
    const headers = { connection: 'close' }
    const call = { key: ApiCaller.operatorKey, headers }
    const { status, body } = await this.api('GET', '/debug/counters', undefined, call)
    if (status !== 200) throw new Error(`No counters: ${status} ${JSON.stringify(body)}`)
    return body
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
}
