import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { dialDirectly } from '../../src/egress/dial.ts'
import { EgressGateway, type EgressGatewayOptions } from '../../src/egress/gateway.ts'
import type { EgressOrigin } from '../../src/egress/problem.ts'
import { type AllowEntry, parseAllowEntry } from '../../src/egress/allow-entry.ts'
import type { SessionEgress } from '../../src/egress/session-egress.ts'

/** Reads entries as the configuration does. */
export function allowing(...texts: string[]): AllowEntry[] {
  return texts.map((text) => {
    const entry = parseAllowEntry(text)
    if (typeof entry === 'string') throw new Error(`${text} ${entry}`)
    return entry
  })
}

/** The way out of one session, on a port where any HTTP client can use it. */
export class EgressProxy {
  readonly gateway: EgressGateway
  readonly session: SessionEgress
  readonly port: number
  readonly #server: Server

  private constructor(gateway: EgressGateway, session: SessionEgress, server: Server) {
    this.gateway = gateway
    this.session = session
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  /** One for the running test, closed when that ends. */
  static async forTest(
    options: EgressGatewayOptions | EgressGateway = {},
    { origin = 'node', allow }: { origin?: EgressOrigin; allow?: AllowEntry[] } = {},
  ): Promise<EgressProxy> {
    const gateway = options instanceof EgressGateway ? options : new EgressGateway(options)
    const session = gateway.open('session', allow ? { allow } : {})
    const server = createServer((socket) => session.accept(socket, origin))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new EgressProxy(gateway, session, server)
    onTestFinished(() => proxy.close())
    return proxy
  }

  async close(): Promise<void> {
    await this.session.close()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }

  /** A connection on which any bytes may be sent. */
  async connect(): Promise<Socket> {
    const socket = connect(this.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    return socket
  }

  /** Sends bytes and reads the head of the answer; what follows it can be read from the socket. */
  async send(text: string | Buffer): Promise<ProxyAnswer> {
    const socket = await this.connect()
    socket.write(text)
    return { socket, ...(await readHead(socket)) }
  }

  tunnel(authority: string): Promise<ProxyAnswer> {
    return this.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
  }

  get(url: string, headers = ''): Promise<ProxyAnswer> {
    return this.send(`GET ${url} HTTP/1.1\r\nConnection: close\r\n${headers}\r\n`)
  }
}

export interface ProxyAnswer {
  socket: Socket
  status: number
  reason: string
  /** Names in lower case. */
  headers: Map<string, string>
}

/** Reads as far as the empty line, and leaves the rest on the socket. */
async function readHead(socket: Socket): Promise<Omit<ProxyAnswer, 'socket'>> {
  let bytes = Buffer.alloc(0)
  while (!bytes.includes('\r\n\r\n')) {
    const chunk = socket.read() as Buffer | null
    if (chunk) bytes = Buffer.concat([bytes, chunk])
    else if (socket.readableEnded || socket.destroyed) break
    else await Promise.race([once(socket, 'readable'), once(socket, 'close')])
  }
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) throw new Error(`no answer, only ${JSON.stringify(bytes.toString('latin1'))}`)
  const rest = bytes.subarray(end + 4)
  if (rest.length > 0) socket.unshift(rest)
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const { status, reason = '' } =
    /^HTTP\/1\.1 (?<status>\d+) (?<reason>.*)$/.exec(first)?.groups ?? {}
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  return { status: Number(status), reason, headers }
}

/** Everything that still comes, as text. */
export async function readRest(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

/** Dials loopback whatever the address, and tells what would have been dialled. */
export function dialingTo(port: number): { dial: typeof dialDirectly; dialled: string[] } {
  const dialled: string[] = []
  return {
    dialled,
    dial: (address, wanted) => {
      dialled.push(`${address} ${wanted}`)
      return dialDirectly('127.0.0.1', port)
    },
  }
}
