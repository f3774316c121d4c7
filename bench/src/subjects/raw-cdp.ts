import { once } from 'node:events'
import { WebSocket } from 'ws'
import { closeSocket } from './close-socket.ts'

/** Milliseconds until a command must be answered. */
const commandDeadline = 10_000

interface Reply {
  id?: number
  result?: unknown
  error?: { message: string }
}

export interface RawCdpEvent {
  method: string
  params: Record<string, unknown>
  sessionId?: string
}

/** The thinnest CDP client there is: what it measures is the way, not the library. */
export class RawCdp {
  /** Called with what the browser says unasked. */
  onEvent: ((event: RawCdpEvent) => void) | undefined
  readonly #socket: WebSocket
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as Reply | RawCdpEvent
      if ('method' in message) {
        this.onEvent?.(message)
        return
      }
      const { id, result, error } = message
      const pending = id === undefined ? undefined : this.#pending.get(id)
      if (id !== undefined) this.#pending.delete(id)
      if (error) pending?.reject(new Error(error.message))
      else pending?.resolve(result)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      for (const pending of this.#pending.values()) {
        pending.reject(new Error('The CDP connection was closed.'))
      }
    })
  }

  static async connect(url: string): Promise<RawCdp> {
    const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: 10_000 })
    await once(socket, 'open')
    return new RawCdp(socket)
  }

  async send<Result>(method: string, params: object = {}, sessionId?: string): Promise<Result> {
    const id = (this.#lastId += 1)
    const pending = Promise.withResolvers<unknown>()
    this.#pending.set(id, pending)
    const timer = setTimeout(() => {
      this.#pending.delete(id)
      pending.reject(new Error(`${method}: no answer within ${commandDeadline} ms.`))
    }, commandDeadline)
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }))
    try {
      return (await pending.promise) as Result
    } finally {
      clearTimeout(timer)
    }
  }

  /** Attaches to the first page that there is; gives the id for its commands. */
  async attachToPage(): Promise<string> {
    const { targetInfos } = await this.send<{ targetInfos: { targetId: string; type: string }[] }>(
      'Target.getTargets',
    )
    const page = targetInfos.find((target) => target.type === 'page')
    if (!page) throw new Error('The browser has no page.')
    const parameters = { targetId: page.targetId, flatten: true }
    const { sessionId } = await this.send<{ sessionId: string }>(
      'Target.attachToTarget',
      parameters,
    )
    return sessionId
  }

  close(): Promise<void> {
    return closeSocket(this.#socket)
  }
}
