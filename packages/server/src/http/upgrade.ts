import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { isDefect, toApiError } from './error-mapping.ts'
import { answerOnSocket } from './socket-answer.ts'

/** Whoever takes connections that are to become WebSockets. */
export interface UpgradeRoutes {
  /** Rejects with why it does not take one; the connection is answered then. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
}

/** Lets routes take an upgrade, or refuses it with a status and a reason. */
export async function upgrade(
  routes: UpgradeRoutes,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  log: Logger,
): Promise<void> {
  const onError = (): void => {
    socket.destroy()
  }
  // Until somebody has taken it, nobody else listens.
  socket.once('error', onError)
  try {
    await routes.upgrade(request, socket, head)
    socket.off('error', onError)
  } catch (error) {
    const failure = toApiError(error)
    const reqId = answerOnSocket(socket, failure)
    if (isDefect(error, failure)) log.error({ reqId, err: error }, 'upgrade failed')
    else log.info({ reqId, status: failure.status }, 'upgrade refused')
  }
}
