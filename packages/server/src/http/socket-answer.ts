import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { v7 as uuid } from 'uuid'
import type { ApiError } from './api-error.ts'

/**
 * Answers on a connection for which there is no response object, and ends it.
 *
 * @returns The answer's request id, for the log.
 */
export function answerOnSocket(socket: Duplex, error: ApiError): string {
  const requestId = uuid()
  const body = JSON.stringify(error.toBody())
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Refused'}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ]
  socket.end(
    `${head.join('\r\n')}\r\n\r\n${body}`,
    // A client that keeps its side open would keep the server from its end.
    () => socket.destroy(),
  )
  return requestId
}
