import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

interface Command {
  id: number
  method: string
  sessionId?: string
}

/** What becomes of a command on its way to the browser. */
export type Verdict = 'pass' | 'hold' | { error: string }

/**
 * Stands between Playwright and a browser: notes what passes, and holds back or refuses what a
 * test wants to see go wrong.
 */
export class CdpGate {
  /** Methods that Playwright called, in order. */
  readonly methods: string[] = []
  /** Headers of the last upgrade request. */
  headers: IncomingHttpHeaders = {}
  rule: (command: Command) => Verdict = () => 'pass'
  readonly #http: Server = createServer()
  readonly #sockets = new WebSocketServer({ noServer: true })
  readonly #browserUrl: string
  #held: (() => void)[] = []
  #waiting: { until: () => boolean; resolve: () => void }[] = []

  private constructor(browserUrl: string) {
    this.#browserUrl = browserUrl
    this.#http.on('upgrade', (request, socket, head) => {
      this.headers = request.headers
      this.#sockets.handleUpgrade(request, socket, head, (client) => this.#join(client))
    })
  }

  static async before(browserUrl: string): Promise<CdpGate> {
    const gate = new CdpGate(browserUrl)
    gate.#http.listen(0, '127.0.0.1')
    await once(gate.#http, 'listening')
    return gate
  }

  get cdpUrl(): string {
    const { port } = this.#http.address() as AddressInfo
    return `ws://127.0.0.1:${port}/cdp/session?token=the-secret-of-the-gate`
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.clients.size
  }

  /** Lets everything pass that was held back. */
  release(): void {
    this.rule = () => 'pass'
    for (const forward of this.#held.splice(0)) forward()
  }

  /** Resolves when Playwright has called the method. */
  async called(method: string): Promise<void> {
    await this.#wait(() => this.methods.includes(method))
  }

  /** Resolves when no connection is open. */
  async empty(): Promise<void> {
    await this.#wait(() => this.connections === 0)
  }

  /** Stops reading: the clients' goodbyes are not answered. */
  freeze(): void {
    for (const client of this.#sockets.clients) client.pause()
  }

  async close(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate()
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve())
      this.#http.closeAllConnections()
    })
  }

  #join(client: WebSocket): void {
    const browser = new WebSocket(this.#browserUrl, { perMessageDeflate: false })
    const early: string[] = []
    const forward = (text: string) => {
      if (browser.readyState === WebSocket.CONNECTING) early.push(text)
      else browser.send(text)
    }
    browser.on('open', () => early.splice(0).forEach((text) => browser.send(text)))
    browser.on('message', (data: Buffer) => client.send(data.toString('utf8')))
    browser.on('close', () => client.close())
    browser.on('error', () => client.close())
    client.on('message', (data: Buffer) => {
      const text = data.toString('utf8')
      const command = JSON.parse(text) as Command
      const verdict = this.rule(command)
      this.methods.push(command.method)
      if (verdict === 'pass') forward(text)
      else if (verdict === 'hold') this.#held.push(() => forward(text))
      else {
        const { id, sessionId } = command
        client.send(
          JSON.stringify({ id, sessionId, error: { code: -32000, message: verdict.error } }),
        )
      }
      this.#notify()
    })
    client.on('close', () => {
      browser.close()
      // The server drops a client from its set in a listener that was added before this one.
      this.#notify()
    })
  }

  async #wait(until: () => boolean): Promise<void> {
    if (until()) return
    await new Promise<void>((resolve) => {
      this.#waiting.push({ until, resolve })
    })
  }

  #notify(): void {
    for (const waiter of this.#waiting.splice(0)) {
      if (waiter.until()) waiter.resolve()
      else this.#waiting.push(waiter)
    }
  }
}
