import { once } from 'node:events'
import { WebSocket } from 'ws'
import { closeSocket } from './close-socket.ts'
import type { Arrival } from './clock-reader.ts'

/** Bytes before the JPEG of a picture, and where in them its number is. */
const headerBytes = 40
const sequenceAt = 4

/** Milliseconds until a picture must come. */
const pictureDeadline = 10_000

/**
 * The thinnest viewer there is: it says at once that it has seen a picture, and draws none. What it
 * measures is the way to it.
 */
export class LiveViewer {
  /** Called with every picture. */
  onPicture: ((arrival: Arrival) => void) | undefined
  readonly #socket: WebSocket
  readonly #first = Promise.withResolvers<void>()

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer, isPicture) => {
      if (!isPicture) return
      const at = Date.now()
      this.#first.resolve()
      this.send({ type: 'seen', sequence: data.readUInt32BE(sequenceAt) })
      this.onPicture?.({ at, image: data.subarray(headerBytes) })
    })
    socket.on('error', () => {})
    socket.on('close', () => this.#first.reject(new Error('The live view was closed.')))
    // It is heard of by whoever waits for it.
    this.#first.promise.catch(() => {})
  }

  /** @param url A live view's address, with its secret. */
  static async join(url: string): Promise<LiveViewer> {
    const [address = '', token] = url.split('#')
    const response = await fetch(`${address}/ticket`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    if (!response.ok) throw new Error(`A ticket was refused with ${response.status}.`)
    const { ticket } = (await response.json()) as { ticket: string }
    const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/socket?ticket=${ticket}`, {
      perMessageDeflate: false,
      handshakeTimeout: 10_000,
    })
    const viewer = new LiveViewer(socket)
    await once(socket, 'open')
    return viewer
  }

  /** Settles when it has got a picture. */
  async firstPicture(): Promise<void> {
    const timer = setTimeout(
      () => this.#first.reject(new Error(`No picture within ${pictureDeadline} ms.`)),
      pictureDeadline,
    )
    try {
      await this.#first.promise
    } finally {
      clearTimeout(timer)
    }
  }

  send(message: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  close(): Promise<void> {
    return closeSocket(this.#socket)
  }
}
