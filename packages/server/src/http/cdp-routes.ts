import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import type { CdpClient } from '../cdp/client.ts'
import { type CdpMessage, serialize } from '../cdp/message.ts'
import { SessionEndedError } from '../sessions/session-error.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import type { Session } from '../sessions/session.ts'
import { ApiError } from './api-error.ts'
import { bearerToken } from './authentication.ts'
import type { CapabilityUrlBuilder } from './capability-urls.ts'
import { isDefect, toApiError } from './error-mapping.ts'
import { answerOnSocket } from './socket-answer.ts'

/** Bytes of the largest message that a client may send: hardly more than Chromium takes. */
const maximumMessageBytes = 100 * 1024 * 1024

/** Bytes that wait for a client which does not read; above that it is cut off. */
const maximumBufferedBytes = 64 * 1024 * 1024

/** Milliseconds between pings; a client that missed one altogether is gone. */
const pingInterval = 25_000

interface TargetInfo {
  targetId: string
  type: string
  title: string
  url: string
}

interface CdpRoute {
  Params: { sessionId: string }
  Querystring: { token?: string }
}

/**
 * The DevTools endpoint of each session: a WebSocket, and beside it what
 * clients look up over HTTP first.
 */
export class CdpEndpoint {
  readonly #registry: SessionRegistry
  readonly #urls: CapabilityUrlBuilder
  readonly #log: Logger
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maximumMessageBytes,
    perMessageDeflate: false,
  })
  readonly #alive = new WeakSet<WebSocket>()
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
      const { version } = session.browser
      return {
        Browser: version.product,
        'Protocol-Version': version.protocolVersion,
        'User-Agent': version.userAgent,
        'V8-Version': version.jsVersion,
        webSocketDebuggerUrl: this.#urls.cdp(request, session, ''),
      }
    })
    for (const path of ['/cdp/:sessionId/json/list', '/cdp/:sessionId/json']) {
      app.get<CdpRoute>(path, async (request) => {
        const session = await this.#authorize(request.params.sessionId, tokenOf(request))
        const { targetInfos } = await session.browser.cdp.command<{ targetInfos: TargetInfo[] }>(
          'Target.getTargets',
        )
        return targetInfos
          .filter((target) => target.type === 'page')
          .map(({ targetId, type, title, url }) => ({
            id: targetId,
            type,
            title,
            url,
            webSocketDebuggerUrl: this.#urls.cdp(request, session, `/devtools/page/${targetId}`),
          }))
      })
    }
  }

  /** Takes the upgrade of a connection, or refuses it with a status and a reason. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const onError = (): void => {
      socket.destroy()
    }
    socket.once('error', onError)
    try {
      const url = URL.parse(request.url ?? '', 'http://localhost')
      const path = /^\/cdp\/([^/]+)(?:\/devtools\/page\/([^/]+))?\/?$/.exec(url?.pathname ?? '')
      if (!url || !path) {
        throw new ApiError(404, 'There is no WebSocket endpoint at this address.')
      }
      const token = url.searchParams.get('token') ?? bearerToken(request.headers.authorization)
      const session = await this.#authorize(path[1] as string, token)
      socket.off('error', onError)
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        void serve(webSocket, session, path[2])
        this.#alive.add(webSocket)
        webSocket.on('pong', () => this.#alive.add(webSocket))
      })
    } catch (error) {
      const failure = toApiError(error)
      const reqId = answerOnSocket(socket, failure)
      if (isDefect(error, failure)) this.#log.error({ reqId, err: error }, 'upgrade failed')
      else this.#log.info({ reqId, status: failure.status }, 'upgrade refused')
    }
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

  #ping(): void {
    for (const webSocket of this.#sockets.clients) {
      if (!this.#alive.delete(webSocket)) webSocket.terminate()
      else webSocket.ping()
    }
  }
}

/** Carries messages between a WebSocket and the session's browser until one of them is gone. */
async function serve(webSocket: WebSocket, session: Session, targetId?: string): Promise<void> {
  // Nothing is read before there is somebody to take it.
  webSocket.pause()
  webSocket.on('error', () => webSocket.terminate())
  let client: CdpClient
  try {
    client = await session.connect(
      {
        send: (message) => {
          const text =
            webSocket.bufferedAmount > maximumBufferedBytes ? undefined : serialize(message)
          if (text === undefined) webSocket.terminate()
          else webSocket.send(text)
        },
        close: (reason) => webSocket.close(1000, reason),
      },
      targetId,
    )
  } catch {
    webSocket.resume()
    webSocket.close(1011, 'There is no such page, or the browser is gone.')
    return
  }
  webSocket.on('message', (data: Buffer, binary) => {
    const message = binary ? undefined : parse(data.toString('utf8'))
    if (message) {
      client.receive(message)
      return
    }
    webSocket.close(1007, 'Messages are JSON objects in text frames.')
    // What comes behind it has no effect, however long the connection takes to end.
    client.close('The client sent what is no message.')
  })
  webSocket.on('close', () => client.close('The client disconnected.'))
  if (webSocket.readyState !== webSocket.OPEN) client.close('The client disconnected.')
  webSocket.resume()
}

function tokenOf(request: FastifyRequest<CdpRoute>): string | undefined {
  return request.query.token ?? bearerToken(request.headers.authorization)
}

function parse(text: string): CdpMessage | undefined {
  try {
    const message: unknown = JSON.parse(text)
    return typeof message === 'object' && message !== null && !Array.isArray(message)
      ? message
      : undefined
  } catch {
    return undefined
  }
}
