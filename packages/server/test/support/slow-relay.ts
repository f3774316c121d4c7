import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Bytes that are passed on at once. */
const portion = 2_048

/**
 * A line to a server that carries only so many bits a second to whoever comes over it. What does not fit
 * waits with the server, as it does on a real one.
 */
export class SlowRelay implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #frozen: ReadonlySet<Socket> = new Set()

  private constructor(server: Server) {
    this.#server = server
  }

  /**
   * @param target Address of the server.
   * @param bitsPerSecond From the server.
   */
  static async start(target: string, bitsPerSecond: number): Promise<SlowRelay> {
    const server = createServer()
    const relay = new SlowRelay(server)
    server.on('connection', (near) => {
      const far = connect(Number(new URL(target).port), new URL(target).hostname)
      relay.#keep(near, far)
      near.pipe(far)
      relay.#pass(far, near, bitsPerSecond).then(
        () => near.end(),
        () => near.destroy(),
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return relay
  }

  /** The same address by way of the relay. */
  address(url: string): string {
    const there = new URL(url)
    there.port = String((this.#server.address() as AddressInfo).port)
    return there.href
  }

  /** Cuts all connections; it takes new ones. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** From now on nothing that is connected hears anything, as when a line is torn; it takes new ones. */
  freeze(): void {
    this.#frozen = new Set(this.#sockets)
  }

  /** Cuts all connections and takes no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #pass(from: Socket, to: Socket, bitsPerSecond: number): Promise<void> {
    for await (const data of from as AsyncIterable<Buffer>) {
      for (let start = 0; start < data.length; start += portion) {
        const part = data.subarray(start, start + portion)
        await delay((part.length * 8_000) / bitsPerSecond)
        if (to.destroyed) return
        if (!this.#frozen.has(to)) to.write(part)
      }
    }
  }

  #keep(...sockets: Socket[]): void {
    for (const socket of sockets) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        for (const other of sockets) other.destroy()
      })
    }
  }
}
