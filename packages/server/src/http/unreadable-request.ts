import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { ApiError } from './api-error.ts'
import { answerOnSocket } from './socket-answer.ts'

const failures: Readonly<Record<string, ApiError>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new ApiError(408, 'The request did not arrive in time.'),
  HPE_HEADER_OVERFLOW: new ApiError(431, 'The headers of the request are too large.'),
}
const notHttp = new ApiError(400, 'This is not a valid HTTP request.')

/**
 * Answers what Node could not read as a request.
 *
 * @param error Carries the raw request, with its key: it must not be logged.
 */
export function answerUnreadable(
  error: Error & { code?: string },
  socket: Duplex,
  log: FastifyBaseLogger,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const failure = failures[error.code ?? ''] ?? notHttp
  const reqId = answerOnSocket(socket, failure)
  log.info({ reqId, status: failure.status, code: error.code }, 'unreadable request')
}
