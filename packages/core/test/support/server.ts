import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as the server saw it, and everything needed to answer it badly. */
export interface Exchange {
  method: string
  url: string
  headers: IncomingMessage['headers']
  /** The parsed JSON, or undefined without a body. */
  body: Record<string, unknown> | undefined
  response: ServerResponse
  /** Settles when the connection ends before the answer does. */
  disconnected: Promise<unknown>
  /** Answers with JSON. */
  json: (status: number, body: unknown, headers?: Record<string, string>) => void
  /** Answers with text. */
  text: (status: number, body: string, headers?: Record<string, string>) => void
  /** Begins an event stream. */
  events: () => ServerResponse
  /** Cuts the connection with a TCP reset. */
  reset: () => void
}

export type Handler = (exchange: Exchange, index: number) => void | Promise<void>

/** A real HTTP server whose behaviour the test writes, request by request. */
export class TestServer {
  readonly requests: Exchange[] = []
  connections = 0
  readonly #server = createServer()
  #handler: Handler

  private constructor(handler: Handler) {
    this.#handler = handler
    this.#server.on('connection', () => this.connections++)
    this.#server.on('request', (request, response) => void this.#onRequest(request, response))
  }

  static async start(handler: Handler, port = 0): Promise<TestServer> {
    const server = new TestServer(handler)
    server.#server.listen(port, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** The only request so far, or the one at `index`. */
  request(index = 0): Exchange {
    const request = this.requests[index]
    if (!request) throw new Error(`There was no request number ${index}.`)
    return request
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const send = (status: number, type: string, body: string, headers = {}) =>
      response.writeHead(status, { 'content-type': type, ...headers }).end(body)
    const exchange: Exchange = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
      response,
      disconnected: once(response, 'close'),
      json: (status, body, headers) =>
        void send(status, 'application/json', JSON.stringify(body), headers),
      text: (status, body, headers) => void send(status, 'text/html', body, headers),
      events: () => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
        return response
      },
      reset: () => void request.socket.resetAndDestroy(),
    }
    const index = this.requests.push(exchange) - 1
    await this.#handler(exchange, index)
  }
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** What running code leaves behind on the wire. */
export const executed = {
  success: true,
  stdout: 'printed\n',
  stderr: '',
  result: '2',
  exitCode: 0,
  killed: false,
}

/** What creating a session answers. */
export const created = {
  success: true,
  id: '01890000-0000-7000-8000-000000000001',
  cdpUrl: 'ws://127.0.0.1:9/cdp/01890000-0000-7000-8000-000000000001?token=CdpCapability',
  liveViewUrl: 'http://127.0.0.1:9/live/LiveCapability',
  interactiveLiveViewUrl: 'http://127.0.0.1:9/watch#control=ControlCapability',
  expiresAt: '2030-01-01T00:00:00.000Z',
}

/** What ending a session answers. */
export const deleted = { success: true, sessionDurationMs: 1200, creditsBilled: 2 }
