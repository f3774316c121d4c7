import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'

/** A line to a server that can be cut, as a network is that somebody walks out of. */
export class CuttableLine {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  /** @param target Address of the server. */
  static async start(target: string): Promise<CuttableLine> {
    const { hostname, port } = new URL(target)
    const server = createServer({ noDelay: true })
    const line = new CuttableLine(server)
    server.on('connection', (near) => {
      const far = connect({ host: hostname, port: Number(port), noDelay: true })
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        line.#sockets.add(one)
        one.pipe(other)
        one.on('error', () => {})
        one.on('close', () => {
          line.#sockets.delete(one)
          other.destroy()
        })
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return line
  }

  /** The same address over this line. */
  address(url: string): string {
    const there = new URL(url)
    there.port = String((this.#server.address() as AddressInfo).port)
    return there.href
  }

  /** Cuts all connections; it takes new ones at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
