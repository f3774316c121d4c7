import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import type { CdpClient, ClientSink } from '../cdp/client.ts'
import { describeBrowser, listPages } from '../cdp/discovery.ts'
import { maximumClientMessageBytes, serveWebSocket } from '../cdp/web-socket-client.ts'
import { SessionEndedError } from '../sessions/session-error.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import type { Session } from '../sessions/session.ts'
import { ApiError } from './api-error.ts'
import { bearerToken } from './authentication.ts'
import type { CapabilityUrlBuilder } from './capability-urls.ts'

/** Milliseconds between pings; a client that missed one altogether is gone. */
const pingInterval = 25_000

/**
 * Pings that a client may leave unanswered while it is not read: it may be busy
 * with a large answer, and what it says is not heard.
 */
const maximumUnreadPings = 12

interface CdpRoute {
  Params: { sessionId: string }
  Querystring: { token?: string }
}

/**
 * The DevTools endpoint of each session: a WebSocket, and beside it what
 * clients look up over HTTP first.
 */
export class CdpRoutes {
  readonly #registry: SessionRegistry
  readonly #urls: CapabilityUrlBuilder
  readonly #log: Logger
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maximumClientMessageBytes,
    perMessageDeflate: false,
  })
  /** How many pings a client has not answered. */
  readonly #missedPings = new WeakMap<WebSocket, number>()
  readonly #pings: NodeJS.Timeout

  constructor(registry: SessionRegistry, urls: CapabilityUrlBuilder, log: Logger) {
    this.#registry = registry
    this.#urls = urls
    this.#log = log
    this.#pings = setInterval(() => this.#ping(), pingInterval)
  }

  /** The HTTP side: `/json/version`, `/json/list` and their older names. */
  routes(app: FastifyInstance): void {
    app.get<CdpRoute>('/cdp/:sessionId/json/version', async (request) => {
      const session = await this.#authorize(request.params.sessionId, tokenOf(request))
      return describeBrowser(session.browser.version, this.#urls.cdp(request, session, ''))
    })
    for (const path of ['/cdp/:sessionId/json/list', '/cdp/:sessionId/json']) {
      app.get<CdpRoute>(path, async (request) => {
        const session = await this.#authorize(request.params.sessionId, tokenOf(request))
        return listPages(session.browser.cdp, (below) => this.#urls.cdp(request, session, below))
      })
    }
  }

  /**
   * Takes the upgrade of a client's connection.
   *
   * @throws ApiError, SessionNotFoundError, SessionEndedError when it is to be refused
   */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = URL.parse(request.url ?? '', 'http://localhost')
    const path = /^\/cdp\/([^/]+)(?:\/devtools\/page\/([^/]+))?\/?$/.exec(url?.pathname ?? '')
    if (!url || !path) throw new ApiError(404, 'There is no WebSocket endpoint at this address.')
    const token = url.searchParams.get('token') ?? bearerToken(request.headers.authorization)
    const session = await this.#authorize(path[1] as string, token)
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      void serveWebSocket(webSocket, (sink) => this.#letIn(session, sink, path[2]))
      webSocket.on('pong', () => this.#missedPings.delete(webSocket))
    })
  }

  /** WebSockets that are open. */
  get socketCount(): number {
    return this.#sockets.clients.size
  }

  close(): void {
    clearInterval(this.#pings)
    for (const webSocket of this.#sockets.clients) webSocket.terminate()
    this.#sockets.close()
  }

  async #authorize(sessionId: string, token: string | undefined): Promise<Session> {
    const session = this.#registry.peek(sessionId)
    if (!session) throw new SessionEndedError(await this.#registry.endReasonOf(sessionId))
    if (token === undefined) {
      throw new ApiError(401, 'Unauthorized: the token of the cdpUrl is missing.')
    }
    if (!session.cdpToken.matches(token)) {
      throw new ApiError(401, 'Unauthorized: this is not the token of that session.')
    }
    return session
  }

  async #letIn(session: Session, sink: ClientSink, targetId?: string): Promise<CdpClient> {
    const client = await session.connect(sink, targetId)
    const { unresponsive } = client.view
    if (unresponsive > 0) {
      const sentence = 'pages do not answer, and are hidden from a new client until they do'
      this.#log.warn({ sessionId: session.id, pages: unresponsive }, sentence)
    }
    return client
  }

  #ping(): void {
    for (const webSocket of this.#sockets.clients) {
      const missed = this.#missedPings.get(webSocket) ?? 0
      if (missed > (webSocket.isPaused ? maximumUnreadPings : 0)) {
        webSocket.terminate()
      } else {
        this.#missedPings.set(webSocket, missed + 1)
        webSocket.ping()
      }
    }
  }
}

function tokenOf(request: FastifyRequest<CdpRoute>): string | undefined {
  return request.query.token ?? bearerToken(request.headers.authorization)
}
