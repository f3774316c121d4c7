import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { AdvertisingHosts } from './advertising-hosts.ts'
import { answerOnSocket, answerProblem } from './answer.ts'
import { ClientConnection } from './client-connection.ts'
import { destroyed } from './destroyed.ts'
import { type Exchange, exchange } from './exchange.ts'
import { explain } from './explanation.ts'
import { Outbound, type OutboundOptions } from './outbound.ts'
import {
  EgressError,
  type EgressOrigin,
  type EgressProblem,
  type EgressRefusal,
  failure,
  invalid,
} from './problem.ts'
import { type EgressLog, RefusalLog } from './refusal-log.ts'
import { refusedAdvertising } from './refusal.ts'
import { explanationHost, readConnectTarget, readRequestTarget } from './request-target.ts'
import { splice } from './splice.ts'
import { parseTarget, type Target } from './target.ts'

/** Milliseconds. */
export interface EgressDeadlines {
  /** Looking up a name. */
  readonly resolve: number
  /** Connecting to any of its addresses. */
  readonly connect: number
  /** A connection from inside without a request, or with one whose headers do not end. */
  readonly request: number
  /** Silence on a connection that is in use. */
  readonly idle: number
}

export interface SessionEgressOptions extends OutboundOptions {
  readonly sessionId: string
  readonly log: EgressLog | undefined
  readonly deadlines: EgressDeadlines
  /** Connections from inside the session at once. */
  readonly connectionLimit: number
  readonly onClose: () => void
}

export interface EgressCounters {
  /** Connections from inside the session. */
  clients: number
  /** Connections to the outside, now and altogether. */
  open: number
  total: number
  /** To and from the outside. */
  bytesSent: number
  bytesReceived: number
  refused: number
}

/** Bytes of the headers of a request: room for many cookies. */
const requestHeaderLimit = 64 * 1024

/** Milliseconds for which a connection is kept open for the next request on it. */
const keepAliveTimeout = 60_000

/**
 * The way out of one session: an HTTP proxy on connections that were accepted
 * elsewhere. It never listens itself.
 */
export class SessionEgress {
  readonly sessionId: string
  readonly #options: SessionEgressOptions
  readonly #outbound: Outbound
  readonly #refusals: RefusalLog
  readonly #server: Server
  readonly #clients = new Map<Duplex, ClientConnection>()
  #advertising: { hosts: AdvertisingHosts; owner: string | undefined } | undefined
  #isClosed = false

  constructor(options: SessionEgressOptions) {
    this.sessionId = options.sessionId
    this.#options = options
    this.#outbound = new Outbound(options)
    this.#refusals = new RefusalLog(options.sessionId, options.log)
    this.#server = createServer({
      maxHeaderSize: requestHeaderLimit,
      keepAliveTimeout,
      // The request line says where a request goes.
      requireHostHeader: false,
      // Some clients offer HTTP/2 with every request; they get their answer in HTTP/1.1.
      shouldUpgradeCallback: (request) => /^websocket$/i.test(request.headers.upgrade ?? ''),
    })
    const forward = (request: IncomingMessage, response: ServerResponse): void =>
      this.#forward(request, response)
    this.#server.on('request', forward)
    // Whether to go on is for the target to say.
    this.#server.on('checkContinue', forward).on('checkExpectation', forward)
    this.#server.on('connect', (request, socket, head) => {
      void this.#tunnel(request, socket as Socket, head)
    })
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket as Socket, head)
    })
    this.#server.on('clientError', (_error, socket) => {
      const sentence = 'What arrived is not an HTTP/1.1 request, or its headers are too long.'
      answerOnSocket(socket as Socket, invalid('invalid-request', 'none', sentence))
    })
  }

  get counters(): EgressCounters {
    const refused = this.#refusals.count
    return { clients: this.#clients.size, ...this.#outbound.counters, refused }
  }

  /** The latest refusals, oldest first. */
  get refusals(): readonly EgressRefusal[] {
    return this.#refusals.refusals
  }

  /**
   * Told of each refusal as it happens.
   *
   * @returns What ends the listening.
   */
  onRefusal(listener: (refusal: EgressRefusal) => void): () => void {
    return this.#refusals.onRefusal(listener)
  }

  /** Why the last attempt at `host:port` did not get through: a refusal or a failure. */
  problemOf(target: string): EgressProblem | undefined {
    const parsed = parseTarget(target, 443)
    return parsed && this.#refusals.latest(parsed.text)
  }

  /**
   * Keeps the browser from hosts of advertising from now on: not from those that are run by whoever
   * runs that address, since it is what somebody wants to see.
   */
  blockAdvertising(hosts: AdvertisingHosts, address: string): void {
    this.#advertising = { hosts, owner: hosts.ownerOfAddress(address) }
  }

  /** Serves a connection until its end. The socket is this object's from now on. */
  accept(socket: Socket, origin: EgressOrigin): void {
    socket.on('error', () => {})
    if (this.#isClosed) {
      socket.destroy()
      return
    }
    if (this.#clients.size >= this.#options.connectionLimit) {
      this.#turnAway(socket, origin)
      return
    }
    // What a client still has to be told outlives its own last word.
    socket.allowHalfOpen = true
    socket.setNoDelay(true)
    this.#clients.set(socket, new ClientConnection(socket, origin, this.#options.deadlines.request))
    socket.once('close', () => this.#clients.delete(socket))
    this.#server.emit('connection', socket)
  }

  /** Ends every connection, inside and outside; settles when they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...Array.from(this.#clients.keys(), destroyed), this.#outbound.close()])
    this.#options.onClose()
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const client = this.#clients.get(request.socket)
    if (!client?.begin()) return
    response.once('close', () => client.end())
    const asked = readRequestTarget(request)
    if ('rule' in asked) {
      answerProblem(request, response, asked)
      return
    }
    if (asked.target.text === `${explanationHost}:80`) {
      explain(response, asked.path, (target) => this.problemOf(target))
      return
    }
    this.#exchange({
      ...{ request, response, ...asked, idleMs: this.#options.deadlines.idle },
      agent: client.agent,
      reach: () => this.#reach(asked.target, client.origin, response),
    })
  }

  /** What cannot be sent on for a reason that nobody thought of is one client's loss, not everybody's. */
  #exchange(parts: Exchange): void {
    try {
      exchange(parts)
    } catch (error) {
      this.#options.log?.warn({ err: error, sessionId: this.sessionId }, 'egress failed')
      const sentence = 'The request cannot be sent on as it is.'
      const problem = invalid('invalid-request', parts.target.text, sentence)
      answerProblem(parts.request, parts.response, problem)
    }
  }

  async #tunnel(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const client = this.#leaveHttp(socket)
    if (!client) return
    const target = readConnectTarget(request)
    if ('rule' in target) {
      answerOnSocket(socket, target)
      return
    }
    try {
      const upstream = await this.#reach(target, client.origin, socket)
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      if (head.length > 0) upstream.write(head)
      splice(socket, upstream, this.#options.deadlines.idle)
    } catch (error) {
      if (error instanceof EgressError) answerOnSocket(socket, error.problem)
      else socket.destroy()
    }
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const client = this.#leaveHttp(socket)
    if (!client) return
    const asked = readRequestTarget(request)
    if ('rule' in asked) {
      answerOnSocket(socket, asked)
      return
    }
    const { headers } = request
    if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) {
      const sentence = 'A request for another protocol must not have a body.'
      answerOnSocket(socket, invalid('invalid-request', asked.target.text, sentence))
      return
    }
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once('finish', () => socket.destroySoon())
    this.#exchange({
      ...{ request, response, ...asked, idleMs: this.#options.deadlines.idle },
      upgrade: { socket, head },
      reach: () => this.#reach(asked.target, client.origin, response),
    })
  }

  /** Takes a connection for one purpose until its end, unless it has answers to wait for. */
  #leaveHttp(socket: Socket): ClientConnection | undefined {
    const client = this.#clients.get(socket)
    if (!client || client.isBusy) {
      socket.destroy()
      return undefined
    }
    client.leaveHttp()
    return client
  }

  /**
   * A connection to the target; given up when the client goes.
   *
   * @throws EgressError and nothing else.
   */
  async #reach(
    target: Target,
    origin: EgressOrigin,
    client: Socket | ServerResponse,
  ): Promise<Socket> {
    if (origin === 'browser' && this.#isAdvertising(target)) {
      const problem = refusedAdvertising(target)
      this.#refusals.add(problem, origin)
      throw new EgressError(problem)
    }
    const gone = new AbortController()
    const abort = (): void => gone.abort(new Error('The client has gone.'))
    client.once('close', abort)
    try {
      const upstream = await this.#outbound.connect(target, origin, gone.signal)
      if (client.destroyed) upstream.destroy()
      return upstream
    } catch (error) {
      if (error instanceof EgressError) {
        this.#refusals.add(error.problem, origin)
        throw error
      }
      // Nobody waits for the answer any more, unless this is a defect.
      if (!client.destroyed && !this.#isClosed) {
        this.#options.log?.warn({ err: error, sessionId: this.sessionId }, 'egress failed')
      }
      throw new EgressError(failure('connection-failure', target))
    } finally {
      client.off('close', abort)
    }
  }

  #isAdvertising({ host }: Target): boolean {
    const owner = this.#advertising?.hosts.ownerOf(host)
    return owner !== undefined && owner !== this.#advertising?.owner
  }

  #turnAway(socket: Socket, origin: EgressOrigin): void {
    const limit = this.#options.connectionLimit
    const problem: EgressProblem = {
      ...{ kind: 'refused', status: 503, rule: 'too-many-connections', target: 'any' },
      sentence: `A session may have ${limit} connections open at once, and this one has; close some first.`,
    }
    // Told once for each target, as for the others, would be once for each connection.
    if (this.#refusals.latest('any') === undefined) this.#refusals.add(problem, origin)
    answerOnSocket(socket, problem)
  }
}
