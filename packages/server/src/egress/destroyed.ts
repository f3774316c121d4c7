import type { Duplex } from 'node:stream'

/** Ends a connection whose `close` is still to come; settles with that. */
export function destroyed(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', resolve)
    socket.destroy()
  })
}
