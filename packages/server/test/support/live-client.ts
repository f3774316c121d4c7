import { once } from 'node:events'
import { WebSocket } from 'ws'

/** Milliseconds until what is waited for must be there. */
const deadline = 10_000

/** Something that a viewer was told. */
export interface News {
  type: string
  [key: string]: unknown
}

export interface SeenFrame {
  sequence: number
  capturedAt: number
  width: number
  height: number
  image: Buffer
}

/** A viewer that speaks the protocol by hand, and sees a frame only when it is told to. */
export class LiveClient {
  readonly webSocket: WebSocket
  readonly news: News[] = []
  readonly frames: SeenFrame[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #waiting = new Set<() => void>()
  /** Whether it says at once that it has seen a frame. */
  sees = true

  private constructor(webSocket: WebSocket) {
    this.webSocket = webSocket
    webSocket.on('message', (data: Buffer, binary) => {
      if (binary) this.#take(data)
      else this.news.push(JSON.parse(data.toString('utf8')) as News)
      for (const look of [...this.#waiting]) look()
    })
    webSocket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      webSocket.once('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }))
    })
  }

  /** Exchanges the token of a live view's address for a ticket. */
  static async ticket(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const { origin, pathname, hash } = new URL(url)
    const response = await fetch(`${origin}${pathname}/ticket`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: hash.slice(1) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  static async open(url: string, viewer?: string): Promise<LiveClient> {
    const { status, body } = await LiveClient.ticket(url)
    if (status !== 200) throw new Error(`No ticket: ${status} ${JSON.stringify(body)}`)
    return LiveClient.connect(url, String(body['ticket']), viewer)
  }

  static async connect(url: string, ticket: string, viewer?: string): Promise<LiveClient> {
    const address = new URL(url)
    address.hash = ''
    address.protocol = 'ws:'
    address.pathname += '/socket'
    address.searchParams.set('ticket', ticket)
    if (viewer !== undefined) address.searchParams.set('viewer', viewer)
    const webSocket = new WebSocket(address, { perMessageDeflate: false })
    const client = new LiveClient(webSocket)
    await once(webSocket, 'open')
    return client
  }

  send(message: Record<string, unknown>): void {
    this.webSocket.send(JSON.stringify(message))
  }

  /** Says that it has seen the latest frame. */
  see(): void {
    const latest = this.frames.at(-1)
    if (latest) this.send({ type: 'seen', sequence: latest.sequence })
  }

  /** News of that type, which is there or comes. */
  until(type: string, fits: (news: News) => boolean = () => true): Promise<News> {
    return this.#when(
      () => this.news.findLast((news) => news.type === type && fits(news)),
      `news "${type}"; there is ${JSON.stringify(this.news.slice(-5))}`,
    )
  }

  /** Calls back with every frame from now on. */
  onFrame: ((frame: SeenFrame) => void) | undefined

  /** A frame that comes after that many. */
  frameAfter(count: number): Promise<SeenFrame> {
    return this.#when(
      () => (this.frames.length > count ? this.frames.at(-1) : undefined),
      `a frame after ${count}`,
    )
  }

  async close(): Promise<void> {
    this.webSocket.terminate()
    await this.closed
  }

  #take(data: Buffer): void {
    this.frames.push({
      sequence: data.readUInt32BE(4),
      capturedAt: data.readDoubleBE(8),
      width: data.readFloatBE(16),
      height: data.readFloatBE(20),
      image: data.subarray(40),
    })
    this.onFrame?.(this.frames.at(-1) as SeenFrame)
    if (this.sees) this.see()
  }

  #when<Found>(look: () => Found | undefined, what: string): Promise<Found> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(attempt)
        reject(new Error(`Waited ${deadline} ms for ${what}.`))
      }, deadline)
      const attempt = (): void => {
        const found = look()
        if (found === undefined) return
        clearTimeout(timer)
        this.#waiting.delete(attempt)
        resolve(found)
      }
      this.#waiting.add(attempt)
      attempt()
    })
  }
}
