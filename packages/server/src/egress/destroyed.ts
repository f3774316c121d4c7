import type { Duplex } from 'node:stream'

/** Ends a connection at once; settles when it is closed. */
export function destroyed(socket: Duplex): Promise<void> {
  if (socket.closed) return Promise.resolve()
  return new Promise((resolve) => {
    socket.once('close', resolve)
    socket.destroy()
  })
}
