import { Agent, type ClientRequestArgs } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** What a request brings along to be connected. */
export interface Reach {
  /** A connection to a checked address of the request's target. */
  reach: () => Promise<Socket>
}

/**
 * The connections to the outside on which the requests of one client
 * connection go on. One that is free is used again for the same host and port:
 * its address has been checked, and servers may tie a login to a connection.
 */
export class UpstreamAgent extends Agent {
  /** Whether a connection outlives its request. */
  readonly keeps: boolean

  constructor({ keeps }: { keeps: boolean }) {
    super({ keepAlive: keeps, maxFreeSockets: 1 })
    this.keeps = keeps
  }

  override createConnection(
    { reach }: ClientRequestArgs & Partial<Reach>,
    callback: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    if (!reach) throw new Error('This request has no way to its target.')
    void connect(reach, callback)
    return undefined
  }
}

async function connect(
  reach: Reach['reach'],
  callback: (error: Error | null, stream: Duplex) => void,
): Promise<void> {
  let socket: Socket
  try {
    socket = await reach()
  } catch (error) {
    // Then there is no stream, which the type does not know of.
    ;(callback as (error: unknown) => void)(error)
    return
  }
  callback(null, socket)
}
