import type { FastifyReply } from 'fastify'

/**
 * Aborted when the client goes away before it has its answer. What was begun
 * for it can stop then.
 */
export function clientGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  // It may have gone before anybody listened.
  if (reply.raw.destroyed || reply.raw.socket?.destroyed) controller.abort(new ClientGoneError())
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new ClientGoneError())
  })
  return controller.signal
}

/** Nobody reads the answer any more. */
export class ClientGoneError extends Error {
  override name = 'ClientGoneError'

  constructor() {
    super('The client closed the connection before it had its answer.')
  }
}
