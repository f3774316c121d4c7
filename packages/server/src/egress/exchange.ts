import {
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { answerProblem } from './answer.ts'
import { forwardedHeaders, headerPairs, withHeader } from './message-headers.ts'
import { EgressError, failure, type FailureRule } from './problem.ts'
import { splice } from './splice.ts'
import type { Target } from './target.ts'
import { type Reach, UpstreamAgent } from './upstream-agent.ts'

/** Bytes of the headers of an answer, as much as Chromium takes. */
const answerHeaderLimit = 256 * 1024

export interface Exchange extends Reach {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly target: Target
  /** What the target gets in its request line. */
  readonly path: string
  /** Milliseconds of silence after which it ends. */
  readonly idleMs: number
  /** Keeps connections for later requests of the same client connection. */
  readonly agent?: UpstreamAgent
  /** Of a client that asked for another protocol, a WebSocket say: its connection, and what it sent too early. */
  readonly upgrade?: { readonly socket: Socket; readonly head: Buffer }
}

/** Passes a request on to its target, and the answer back, as both arrive. */
export function exchange(parts: Exchange): void {
  const { request, response, target, path, idleMs, upgrade } = parts
  const hasBody = mayHaveBody(request)
  // A connection that the target has just closed fails the next request on it. What may be sent
  // again then is; the rest gets a connection of its own.
  const isRepeatable = !hasBody && !upgrade && /^(GET|HEAD|OPTIONS)$/.test(request.method ?? '')
  const agent = (isRepeatable && parts.agent) || new UpstreamAgent({ keeps: false })
  const options: RequestOptions & Reach = {
    agent,
    reach: parts.reach,
    host: target.host,
    port: target.port,
    method: request.method ?? 'GET',
    path,
    headers: requestHeaders(parts, agent.keeps),
    maxHeaderSize: answerHeaderLimit,
    setHost: false,
  }
  const forwarded = httpRequest(options)
  let isDecided = false
  const fail = (rule: FailureRule): void => {
    isDecided = true
    forwarded.destroy()
    answerProblem(request, response, failure(rule, target))
  }
  forwarded.setTimeout(idleMs, () => fail('answer-timeout'))
  forwarded.on('error', (error) => {
    // Either it has failed, or the answer is there and its own end counts.
    if (isDecided) return
    isDecided = true
    if (error instanceof EgressError) answerProblem(request, response, error.problem)
    else if (forwarded.reusedSocket && !response.destroyed) exchange(parts)
    else fail(isParseError(error) ? 'invalid-answer' : 'connection-lost')
  })
  forwarded.on('continue', () => response.writeContinue())
  forwarded.on('upgrade', (answer, socket: Socket, head) => {
    if (!upgrade) return fail('invalid-answer')
    forwarded.setTimeout(0)
    response.detachSocket(upgrade.socket)
    upgrade.socket.write(switchingHead(answer))
    if (head.length > 0) upgrade.socket.write(head)
    if (upgrade.head.length > 0) socket.write(upgrade.head)
    splice(upgrade.socket, socket, idleMs)
  })
  forwarded.on('response', (answer) => {
    isDecided = true
    try {
      response.sendDate = false
      // What is left of the request would stand where the next one is looked for.
      if (!request.complete) response.shouldKeepAlive = false
      response.writeHead(
        answer.statusCode ?? 502,
        answer.statusMessage ?? '',
        answerHeaders(answer),
      )
    } catch {
      // Octets that the parser lets pass and that may not be sent on.
      return fail('invalid-answer')
    }
    // The answer has begun, even where its body takes its time. Not by flushHeaders, which would
    // send the octets of the headers as UTF-8.
    response.write(Buffer.alloc(0))
    answer.once('end', () => {
      if (answer.rawTrailers.length > 0) response.addTrailers(headerPairs(answer.rawTrailers))
    })
    // Cut short on the one side, it must look cut short on the other.
    pipeline(answer, response, () => {})
  })
  response.once('close', () => {
    if (!response.writableFinished) forwarded.destroy()
  })
  if (!hasBody) {
    forwarded.end()
    return
  }
  request.once('end', () => {
    if (request.rawTrailers.length > 0) forwarded.addTrailers(headerPairs(request.rawTrailers))
  })
  // Not a pipeline: an answer may be whole before its request is, and goes out then.
  request.pipe(forwarded)
}

function mayHaveBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function requestHeaders({ request, target, upgrade }: Exchange, keeps: boolean): string[] {
  const host = hostHeader(request, target)
  const headers = withHeader(forwardedHeaders(request.rawHeaders), 'Host', host)
  if (upgrade) headers.push('Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? '')
  else headers.push('Connection', keeps ? 'keep-alive' : 'close')
  const hasLength = request.headers['content-length'] !== undefined
  const takesNone = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'].includes(request.method ?? '')
  if (request.headers['transfer-encoding'] !== undefined) {
    headers.push('Transfer-Encoding', 'chunked')
  } else if (!hasLength && !takesNone) headers.push('Content-Length', '0')
  return headers
}

/** The target of the request line decides, as RFC 9112 has it, not what the client says beside it. */
function hostHeader(request: IncomingMessage, target: Target): string {
  const authority = /^\w+:\/\/([^/?#]*)/.exec(request.url ?? '')?.[1] ?? target.text
  const given = request.headers.host?.toLowerCase()
  const isSame = given === authority.toLowerCase() || given === target.text.replace(/:80$/, '')
  return isSame ? (request.headers.host ?? authority) : authority
}

function answerHeaders(answer: IncomingMessage): string[] {
  const headers = forwardedHeaders(answer.rawHeaders)
  if (answer.headers['transfer-encoding'] === undefined) return headers
  // Both at once would be two opinions about where the answer ends.
  return headerPairs(headers)
    .filter(([name]) => name.toLowerCase() !== 'content-length')
    .flat()
}

function switchingHead(answer: IncomingMessage): string {
  const headers = [
    ...headerPairs(forwardedHeaders(answer.rawHeaders)),
    ['Connection', 'Upgrade'],
    ['Upgrade', answer.headers.upgrade ?? ''],
  ]
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`
}

function isParseError(error: Error): boolean {
  return 'code' in error && String(error.code).startsWith('HPE_')
}
