import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const pages: Readonly<Record<string, string>> = {
  '/': `<title>Home</title><h1>Hello</h1><a href="/counter">Counter</a>`,
  '/counter': `<title>Counter</title><output>0</output>
    <button onclick="document.querySelector('output').textContent++">Add</button>`,
  '/form': `<title>Form</title><h1 onmouseenter="document.title = 'Hovered'">Order</h1>
    <form onsubmit="document.title = 'Sent'; return false">
      <label for="who">Name</label> <input id="who" placeholder="Your name">
      <label>Size <select><option>small</option><option>large</option></select></label>
      <label><input type="checkbox"> Gift</label>
    </form>
    <button onclick="setTimeout(() => document.querySelector('p').textContent = 'Thank you', 50)">
      Send</button><p></p>
    <a href="/next">Next page</a> <a href="/tab" target="_blank">New tab</a>
    <iframe name="inner" src="/frame" style="display: block; margin-bottom: 5000px"></iframe>`,
  '/frame': `<title>Frame</title><button onclick="textContent = 'Clicked'">Inside</button>`,
}

/** A few pages on loopback, which tell when they are asked for. */
export class LocalSite implements AsyncDisposable {
  readonly url: string
  readonly #server: Server
  readonly #waiting = new Map<string, () => void>()
  readonly #held: ServerResponse[] = []

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#answer(request.url ?? '/', response),
    )
  }

  static async start(): Promise<LocalSite> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new LocalSite(server)
  }

  /** Settles when that path is asked for. */
  nextRequest(path: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(path, resolve))
  }

  /** Answers the requests for `/hold`, which wait until then. */
  release(): void {
    for (const response of this.#held.splice(0)) response.end('released')
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #answer(path: string, response: ServerResponse): void {
    this.#waiting.get(path)?.()
    this.#waiting.delete(path)
    if (path === '/hold') {
      this.#held.push(response)
      return
    }
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(pages[path] ?? `<title>${path}</title>`)
  }
}
