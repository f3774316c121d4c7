import type { IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { ViewerLimitError } from '../live/live-view.ts'
import { Tickets } from '../live/tickets.ts'
import { UploadError, fileTooLarge, maximumUploadBytes } from '../live/uploads.ts'
import { SessionEndedError } from '../sessions/session-error.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import type { Session } from '../sessions/session.ts'
import { ApiError } from './api-error.ts'
import { liveAssets } from './live-assets.ts'
import { parseInput } from './validation.ts'

/** Bytes of the largest message of a viewer: a long text that is pasted. */
const maximumMessageBytes = 1024 * 1024

/** Milliseconds between pings. */
const pingInterval = 10_000

/** Pings in a row that a viewer may leave unanswered: on a slow line they come behind a picture. */
const maximumSilence = 4

export const ticketSchema = z.object({ token: z.string().min(1).max(200) })
const uploadSchema = z.object({ name: z.string().min(1).max(300) })

interface LiveRoute {
  Params: { sessionId: string }
}

export interface LiveRoutesOptions {
  registry: SessionRegistry
  /** Who may show the page in a frame. */
  frameAncestors: string
  log: Logger
}

/**
 * The live view of each session: its page, tickets for it, and the connection of each viewer. Whoever
 * has the token of a live view URL may use it; no key is needed.
 */
export class LiveRoutes {
  readonly #options: LiveRoutesOptions
  readonly #tickets = new Tickets()
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maximumMessageBytes,
    perMessageDeflate: false,
  })
  /** Pings that were not answered. */
  readonly #silence = new WeakMap<WebSocket, number>()
  readonly #pings: NodeJS.Timeout

  constructor(options: LiveRoutesOptions) {
    this.#options = options
    this.#pings = setInterval(() => this.#ping(), pingInterval)
  }

  /** Viewers that are connected. */
  get viewerCount(): number {
    return this.#sockets.clients.size
  }

  /** Bytes that were given to their connections and wait to be sent. */
  get waitingBytes(): number {
    return [...this.#sockets.clients].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0)
  }

  /** Tickets that nobody has used yet. */
  get ticketCount(): number {
    return this.#tickets.count
  }

  routes(app: FastifyInstance): void {
    liveAssets(app, this.#options)
    app.post<LiveRoute>('/live/:sessionId/ticket', async (request, reply) => {
      const { token } = parseInput(ticketSchema, request.body)
      const session = await this.#find(request.params.sessionId)
      const interactive = session.interactToken.matches(token)
      // A session without a live view has tokens that nobody was told.
      if (!interactive && !session.viewToken.matches(token)) {
        throw new ApiError(401, 'Unauthorized: this is not the address of that live view.')
      }
      void reply.header('cache-control', 'no-store')
      return {
        success: true,
        ticket: this.#tickets.issue({ sessionId: session.id, interactive }),
        interactive,
      }
    })
    void app.register(async (uploads) => {
      // Whatever it is called, it is not read before it is known who brings it.
      uploads.removeAllContentTypeParsers()
      uploads.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
      uploads.post<LiveRoute>(
        '/live/:sessionId/files',
        { bodyLimit: maximumUploadBytes },
        async (request) => {
          const session = await this.#find(request.params.sessionId)
          const token = request.headers['x-upload-token']
          if (typeof token !== 'string' || !session.live.mayUpload(token)) {
            throw new ApiError(401, 'Unauthorized: only a viewer who is connected may bring files.')
          }
          const { name } = parseInput(uploadSchema, request.query)
          if (request.headers['content-type'] !== 'application/octet-stream') {
            throw new ApiError(415, 'Send the file as application/octet-stream.')
          }
          // One that says so need not be sent first.
          if (Number(request.headers['content-length']) > maximumUploadBytes) {
            throw new ApiError(413, fileTooLarge)
          }
          try {
            return {
              success: true,
              name: await session.uploads.save(name, request.body as Readable),
            }
          } catch (error) {
            if (!(error instanceof UploadError)) throw error
            throw new ApiError(error.tooLarge ? 413 : 400, error.message)
          }
        },
      )
    })
  }

  /** Whether an upgrade is for a live view. */
  static isLive(path: string): boolean {
    return path.startsWith('/live/')
  }

  /**
   * Takes the upgrade of a viewer's connection.
   *
   * @throws ApiError, SessionNotFoundError, SessionEndedError when it is to be refused
   */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = URL.parse(request.url ?? '', 'http://localhost')
    const path = /^\/live\/([^/]+)\/socket$/.exec(url?.pathname ?? '')
    if (!url || !path) throw new ApiError(404, 'There is no WebSocket endpoint at this address.')
    const session = await this.#find(path[1] as string)
    const admission = this.#tickets.take(session.id, url.searchParams.get('ticket') ?? '')
    if (!admission) throw new ApiError(401, 'Unauthorized: a ticket is good for one connection.')
    const returning = url.searchParams.get('viewer') ?? undefined
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#serve(session, webSocket, admission.interactive, returning)
    })
  }

  close(): void {
    clearInterval(this.#pings)
    for (const webSocket of this.#sockets.clients) webSocket.terminate()
    this.#sockets.close()
  }

  #serve(
    session: Session,
    webSocket: WebSocket,
    interactive: boolean,
    returning: string | undefined,
  ): void {
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('pong', () => this.#silence.delete(webSocket))
    try {
      const viewer = session.live.join(
        {
          send: (data) => webSocket.send(data),
          get bufferedBytes() {
            return webSocket.bufferedAmount
          },
          close: (code, reason) => webSocket.close(code, reason),
        },
        { interactive, returning },
      )
      webSocket.on('message', (data: Buffer, binary) => {
        if (binary) webSocket.close(1003, 'Messages are JSON objects in text frames.')
        else viewer.receive(data.toString('utf8'))
      })
      webSocket.on('close', () => viewer.leave())
      this.#options.log.info({ sessionId: session.id, interactive }, 'viewer joined')
    } catch (error) {
      if (!(error instanceof ViewerLimitError)) throw error
      webSocket.close(1013, error.message)
    }
  }

  async #find(sessionId: string): Promise<Session> {
    const { registry } = this.#options
    const session = registry.peek(sessionId)
    if (!session) throw new SessionEndedError(await registry.endReasonOf(sessionId))
    return session
  }

  #ping(): void {
    for (const webSocket of this.#sockets.clients) {
      const silence = this.#silence.get(webSocket) ?? 0
      if (silence >= maximumSilence) webSocket.terminate()
      else {
        this.#silence.set(webSocket, silence + 1)
        webSocket.ping()
      }
    }
  }
}
