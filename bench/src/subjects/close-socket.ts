import { once } from 'node:events'
import { WebSocket } from 'ws'

/** Milliseconds in which the other side must have agreed to the end of a connection. */
const closeDeadline = 5_000

/** Settles when the connection is closed. May be called again. */
export async function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return
  const closed = once(socket, 'close')
  socket.close()
  const timer = setTimeout(() => socket.terminate(), closeDeadline)
  await closed
  clearTimeout(timer)
}
