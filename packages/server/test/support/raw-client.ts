import { once } from 'node:events'
import { WebSocket } from 'ws'

export interface RawMessage {
  id?: number
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { code: number; message: string }
  sessionId?: string
}

/** Milliseconds until an awaited message must be there. */
const deadline = 20_000

/**
 * A client that speaks the protocol by hand: one WebSocket, JSON in text
 * frames, nothing of a library in between.
 */
export class RawClient {
  /** Settles when the connection has ended. */
  readonly closed: Promise<{ code: number; reason: string }>
  readonly webSocket: WebSocket
  /** Everything that was received, in order. */
  readonly received: RawMessage[] = []
  readonly #waiting = new Set<(message: RawMessage) => void>()
  #lastId = 0

  private constructor(webSocket: WebSocket) {
    this.webSocket = webSocket
    webSocket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as RawMessage
      this.received.push(message)
      for (const look of this.#waiting) look(message)
    })
    this.closed = new Promise((resolve) => {
      webSocket.once('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }))
    })
    // A connection that is cut says so by its close.
    webSocket.on('error', () => {})
  }

  static async connect(url: string, headers: Record<string, string> = {}): Promise<RawClient> {
    const webSocket = new WebSocket(url, { headers, perMessageDeflate: false })
    const client = new RawClient(webSocket)
    await once(webSocket, 'open')
    return client
  }

  /** The status and body with which the server refuses an upgrade. */
  static async refusal(
    url: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: { success?: boolean; error?: string } }> {
    const webSocket = new WebSocket(url, { headers })
    webSocket.on('error', () => {})
    webSocket.once('open', () => webSocket.terminate())
    const [, response] = await once(webSocket, 'unexpected-response', {
      signal: AbortSignal.timeout(deadline),
    })
    let text = ''
    for await (const chunk of response) text += String(chunk)
    return { status: response.statusCode, body: JSON.parse(text) }
  }

  /** Sends anything at all. */
  write(message: unknown): void {
    this.webSocket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Sends a command and gives the whole answer to it. */
  async ask(method: string, params: object = {}, sessionId?: string): Promise<RawMessage> {
    this.#lastId += 1
    const id = this.#lastId
    const answer = this.next((message) => message.id === id, method)
    this.write({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })
    return answer
  }

  /** Sends a command and gives its result; an error of the protocol is thrown. */
  async send<Result = Record<string, never>>(
    method: string,
    params: object = {},
    sessionId?: string,
  ): Promise<Result> {
    const { result, error } = await this.ask(method, params, sessionId)
    if (error) throw new Error(`${method}: ${error.message}`)
    return result as Result
  }

  /** The next message from now on that fits. */
  next(fits: (message: RawMessage) => boolean, what = 'the message'): Promise<RawMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<RawMessage>()
    const look = (message: RawMessage): void => {
      if (fits(message)) resolve(message)
    }
    const timer = setTimeout(() => {
      reject(new Error(`${what} did not come within ${deadline} ms.`))
    }, deadline)
    void this.closed.then(({ code, reason }) => {
      reject(new Error(`The connection ended (${code} ${reason}) before ${what} came.`))
    })
    this.#waiting.add(look)
    promise
      .finally(() => {
        clearTimeout(timer)
        this.#waiting.delete(look)
      })
      // A test that has failed elsewhere does not wait for it any more.
      .catch(() => {})
    return promise
  }

  nextEvent(method: string): Promise<RawMessage> {
    return this.next((message) => message.method === method, method)
  }

  /** Attaches to a page, the first one unless told, and gives its session. */
  async attach(targetId?: string): Promise<string> {
    const target = targetId ?? (await this.pages())[0]?.targetId
    const { sessionId } = await this.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId: target,
      flatten: true,
    })
    return sessionId
  }

  async pages(): Promise<{ targetId: string; url: string; browserContextId: string }[]> {
    const { targetInfos } = await this.send<{
      targetInfos: { targetId: string; type: string; url: string; browserContextId: string }[]
    }>('Target.getTargets')
    return targetInfos.filter((target) => target.type === 'page')
  }

  /** The value of an expression in a page. */
  async evaluate(expression: string, sessionId: string): Promise<unknown> {
    const { result } = await this.send<{ result: { value?: unknown } }>(
      'Runtime.evaluate',
      { expression, returnByValue: true, awaitPromise: true },
      sessionId,
    )
    return result.value
  }

  async close(): Promise<void> {
    this.webSocket.close()
    await this.closed
  }
}
