import { createServer, request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'

/** Stands in until the gateway is there. */
export class ProvisionalGateway {
  open(_sessionId: string): ProvisionalEgress {
    return new ProvisionalEgress()
  }
}

export class ProvisionalEgress {
  readonly #server = createServer((request, response) => {
    const url = new URL(request.url as string)
    const upstream = httpRequest(
      url,
      { method: request.method as string, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode as number, answer.headers)
        answer.pipe(response)
      },
    )
    upstream.on('error', () => response.destroy())
    request.pipe(upstream)
  })
  readonly #sockets = new Set<Socket>()

  constructor() {
    this.#server.on('connect', (request, socket) => {
      const [host, port] = (request.url as string).split(/:(?=\d+$)/) as [string, string]
      const upstream = connect(Number(port), host.replace(/[[\]]/g, ''), () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(upstream).pipe(socket)
      })
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => upstream.destroy())
      socket.on('close', () => upstream.destroy())
    })
  }

  accept(socket: Socket, _origin: string): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    this.#server.emit('connection', socket)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}
