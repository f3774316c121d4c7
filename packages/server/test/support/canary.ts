import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** Listens on loopback, on both families at the same port, and counts who comes. */
export class Canary implements AsyncDisposable {
  /** Connections that were made, which should be none. */
  visits = 0
  readonly port: number
  readonly #servers: readonly Server[]
  readonly #visitors = new Set<Socket>()

  private constructor(servers: readonly Server[]) {
    this.#servers = servers
    this.port = portOf(servers)
    for (const server of servers) {
      server.on('connection', (socket) => {
        this.visits += 1
        this.#visitors.add(socket)
        socket.once('close', () => this.#visitors.delete(socket))
        socket.on('error', () => {})
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ncanary')
      })
    }
  }

  static async start(): Promise<Canary> {
    const four = await listen('127.0.0.1', 0)
    try {
      return new Canary([four, await listen('::1', portOf([four]))])
    } catch (error) {
      four.close()
      // Somebody else has that port in the other family.
      if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
        return Canary.start()
      }
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const visitor of this.#visitors) visitor.destroy()
    await Promise.all(
      this.#servers.map((server) => new Promise((resolve) => server.close(resolve))),
    )
  }
}

function portOf([first]: readonly Server[]): number {
  return (first!.address() as AddressInfo).port
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer()
  server.listen(port, host)
  await once(server, 'listening')
  return server
}
