import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { CdpClient, ClientSink } from '../cdp/client.ts'
import { describeBrowser, listPages } from '../cdp/discovery.ts'
import type { CdpMultiplexer } from '../cdp/multiplexer.ts'
import { maximumClientMessageBytes, serveWebSocket } from '../cdp/web-socket-client.ts'
import { CapabilityToken } from '../keys/capability-token.ts'
import type { BrowserLink } from './browser-link.ts'
import type { DialogGate } from './dialog-gate.ts'

/** Connections that one kernel may hold open. */
const maximumConnections = 64

/** Milliseconds of silence after which a connection that is no WebSocket is closed. */
const idleDeadline = 10_000

const nothing = { error: 'There is nothing at this address; use the URL in CDP_URL.' }

/** Code of a WebSocket whose peer left without a word, as a killed process does. */
const abnormalClosure = 1006

/**
 * The DevTools endpoint of one kernel: what its code and the tools in it
 * connect to on the loopback of their sandbox. It accepts no connections
 * itself; somebody else hands them over.
 *
 * Everything lies below an unguessable path, because without isolation the
 * port is this machine's.
 */
export class CdpEndpoint implements BrowserLink {
  readonly ready: Promise<void> = Promise.resolve()
  /** Whoever lost a connection makes another. */
  readonly lost = false
  readonly #cdp: CdpMultiplexer
  readonly #dialogs: DialogGate | undefined
  readonly #token = new CapabilityToken()
  readonly #clients = new Set<CdpClient>()
  readonly #connections = new Set<Socket>()
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maximumClientMessageBytes,
    perMessageDeflate: false,
  })
  #cutOff: Promise<void> | undefined
  #closed = false

  /** @param dialogs For clients that settle dialogs unasked. */
  constructor(cdp: CdpMultiplexer, dialogs?: DialogGate) {
    this.#cdp = cdp
    this.#dialogs = dialogs
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#server.on('clientError', (_, socket) => socket.destroy())
    this.#server.timeout = idleDeadline
  }

  setExecuting(executing: boolean): void {
    if (this.#dialogs) this.#dialogs.open = executing
  }

  /** DevTools clients that are connected at the moment. */
  get clientCount(): number {
    return this.#clients.size
  }

  /** The WebSocket's address, as the kernel reaches it. Whoever has it may drive the browser. */
  url(port: number): string {
    return this.#urlAt(`127.0.0.1:${port}`)
  }

  /** Serves a connection that was made to the endpoint's port. */
  accept(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    if (this.#closed || this.#cutOff || this.#connections.size >= maximumConnections) {
      socket.destroy()
      return
    }
    this.#connections.add(socket)
    socket.once('close', () => this.#connections.delete(socket))
    socket.setNoDelay(true)
    this.#server.emit('connection', socket)
  }

  /**
   * Cuts every client off: nothing that they send from now on has an effect,
   * and what they left running in the pages is ended. Lets nobody in any more.
   * May be called again.
   */
  cutOff(reason: string): Promise<void> {
    const cutOffs = [...this.#clients].map((client) => client.cutOff(reason))
    this.#cutOff ??= Promise.all(cutOffs).then(() => this.close())
    return this.#cutOff
  }

  /** Drops every connection at once. May be called again. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const socket of this.#connections) socket.destroy()
    this.#sockets.close()
    this.#server.close()
  }

  #urlAt(host: string): string {
    return `ws://${host}/cdp/${this.#token.reveal()}`
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (status: number, body: object): void => {
      const text = JSON.stringify(body)
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(text),
      })
      response.end(text)
    }
    try {
      const path = this.#pathOf(request)
      const url = this.#urlAt(request.headers.host ?? '')
      if (path === '/json/version') {
        const version: Parameters<typeof describeBrowser>[0] =
          await this.#cdp.command('Browser.getVersion')
        answer(200, describeBrowser(version, url))
      } else if (path === '/json' || path === '/json/list') {
        answer(200, await listPages(this.#cdp, (below) => url + below))
      } else {
        answer(404, nothing)
      }
    } catch {
      answer(502, { error: 'The browser of this session does not answer.' })
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = this.#pathOf(request)
    const page = path === undefined ? null : /^(?:\/devtools\/page\/([^/]+))?$/.exec(path)
    if (!page || this.#cutOff) {
      socket.end(`HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n${JSON.stringify(nothing)}`)
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      void serveWebSocket(webSocket, (sink) => this.#letClientIn(webSocket, sink, page[1]))
    })
  }

  async #letClientIn(
    webSocket: WebSocket,
    sink: ClientSink,
    targetId: string | undefined,
  ): Promise<CdpClient> {
    const client = await this.#cdp.connect(this.#dialogs?.guard(sink) ?? sink, targetId)
    if (this.#cutOff || this.#closed) {
      client.close('The kernel was ended.')
      throw new Error('The kernel was ended.')
    }
    this.#clients.add(client)
    const onClose = (code: number): void => {
      this.#clients.delete(client)
      // A script that a killed client left busy in a page would keep the next from having it.
      if (code === abnormalClosure) void client.cutOff('The client is gone.')
    }
    if (webSocket.readyState === webSocket.CLOSED) onClose(abnormalClosure)
    else webSocket.once('close', onClose)
    return client
  }

  /**
   * The path below the prefix, without its last slash; undefined for a caller
   * who does not know the prefix, or whom a foreign name led here.
   */
  #pathOf({ url, headers }: IncomingMessage): string | undefined {
    if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(headers.host ?? '')) return undefined
    const path = /^\/cdp\/([^/?]+)([^?]*?)\/?(?:\?.*)?$/.exec(url ?? '')
    return path && this.#token.matches(path[1] as string) ? path[2] : undefined
  }
}
