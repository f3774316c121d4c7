import { executed, TestServer, type Exchange } from './server.ts'

/** A server of sessions that a test can hold up, let fail, and destroy. */
export class SessionServer implements AsyncDisposable {
  /** Called for each request; true when it was answered. */
  intercept: (exchange: Exchange) => boolean = () => false
  /** Ids of the sessions that were made and not ended. */
  readonly alive: Set<string> = new Set()
  /** Calls in order, for instance `create s1` or `run s1 code`. */
  readonly calls: string[] = []
  readonly #server: TestServer
  #waiting: { call: string; resolve: () => void }[] = []
  #count = 0

  private constructor(server: TestServer) {
    this.#server = server
  }

  static async start(): Promise<SessionServer> {
    const handler: { answer?: (exchange: Exchange) => void } = {}
    const server = await TestServer.start((exchange) => handler.answer?.(exchange))
    const sessions = new SessionServer(server)
    handler.answer = (exchange) => sessions.#answer(exchange)
    return sessions
  }

  get url(): string {
    return this.#server.url
  }

  /** How many sessions were asked for. */
  get created(): number {
    return this.calls.filter((call) => call.startsWith('create')).length
  }

  /** Settles when a call has arrived. */
  async arrived(call: string): Promise<void> {
    if (this.calls.includes(call)) return
    await new Promise<void>((resolve) => this.#waiting.push({ call, resolve }))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]()
  }

  #answer(exchange: Exchange): void {
    const { method, url, body } = exchange
    const [, , , id = '', action] = url.split('/')
    const isScrape = url.startsWith('/v2/scrape')
    const call =
      method === 'DELETE'
        ? `delete ${id}`
        : action
          ? `run ${id} ${String(body?.['code'] ?? body?.['prompt'])}`
          : method === 'GET'
            ? `get ${id}`
            : isScrape
              ? `scrape ${String(body?.['url'])}`
              : 'create'
    this.calls.push(call)
    this.#waiting = this.#waiting.filter((each) => {
      if (each.call === call) each.resolve()
      return each.call !== call
    })
    if (this.intercept(exchange)) return
    if (call === 'create' || call.startsWith('scrape')) this.create(exchange)
    else if (method === 'DELETE') this.#delete(exchange, id)
    else if (!this.alive.has(id)) this.gone(exchange)
    else if (method === 'GET') exchange.json(200, this.#state(id, { status: 'active' }))
    else {
      const result = String(body?.['code'] ?? body?.['prompt'])
      exchange.json(200, { ...executed, ...this.#state(id), sessionId: id, result })
    }
  }

  /** Answers with a new session. */
  create({ json, url }: Exchange): void {
    const id = `s${++this.#count}`
    this.alive.add(id)
    if (url.startsWith('/v2/scrape')) {
      json(200, { success: true, data: { metadata: { scrapeId: id } } })
    } else json(200, this.#state(id))
  }

  gone({ json }: Exchange, status = 410): void {
    json(status, { success: false, error: 'Browser session has been destroyed.' })
  }

  #delete({ json }: Exchange, id: string): void {
    this.alive.delete(id)
    json(200, { success: true, sessionDurationMs: 1, creditsBilled: 2 })
  }

  #state(id: string, more: object = {}): object {
    return {
      success: true,
      id,
      cdpUrl: `ws://127.0.0.1:9/cdp/${id}?token=Capability-of-${id}`,
      liveViewUrl: '',
      interactiveLiveViewUrl: '',
      ...more,
    }
  }
}
