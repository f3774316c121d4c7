import {
  SessionPool,
  type SessionLease,
  type SessionPoolOptions,
} from '../../src/pool/session-pool.ts'
import { Tandem } from '../../src/index.ts'
import type { Exchange } from './server.ts'
import type { SessionServer } from './session-server.ts'

export function poolOf(server: SessionServer, options: SessionPoolOptions = {}): SessionPool {
  return new SessionPool({ tandem: new Tandem({ baseUrl: server.url, maxRetries: 0 }), ...options })
}

/** Work that runs a piece of code and gives the id of the session that it ran in. */
export const run =
  (code: string): ((session: SessionLease) => Promise<string>) =>
  async (session) => {
    await session.execute({ code })
    return session.id
  }

/** Holds the first request that is chosen until it is let go. */
export function hold(
  server: SessionServer,
  chosen: (exchange: Exchange) => boolean,
): {
  held: Promise<Exchange>
  release: () => void
} {
  const { promise, resolve } = Promise.withResolvers<Exchange>()
  let held: Exchange | undefined
  server.intercept = (exchange) => {
    if (held || !chosen(exchange)) return false
    held = exchange
    resolve(exchange)
    return true
  }
  return {
    held: promise,
    release: () => {
      server.intercept = () => false
      if (held) server.create(held)
    },
  }
}
export const isCreate = ({ method, url }: Exchange): boolean =>
  method === 'POST' && url === '/v2/interact'
