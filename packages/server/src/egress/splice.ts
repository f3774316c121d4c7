import type { Socket } from 'node:net'

/**
 * Makes one connection of two, both set to stay half-open, until both sides are
 * done. Each side's end is passed on while the other still talks; an abort ends
 * both; so does a silence of `idleMs` milliseconds.
 */
export function splice(client: Socket, upstream: Socket, idleMs: number): void {
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('error', () => {})
    one.once('close', (hadError: boolean) => {
      // What is on its way to the other side still goes there, unless it was cut short.
      if (hadError || !one.readableEnded) other.destroy()
      else other.destroySoon()
    })
    one.setTimeout(idleMs, () => {
      client.destroy()
      upstream.destroy()
    })
    if (one.destroyed) other.destroy()
    else one.pipe(other)
  }
}
