import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A web server for pages that tests make up; a string is an HTML page. */
export class PageServer {
  readonly url: string
  readonly #server: Server
  readonly #pages: Map<string, string | Handler>

  private constructor(server: Server, pages: Map<string, string | Handler>) {
    this.#server = server
    this.#pages = pages
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(): Promise<PageServer> {
    const pages = new Map<string, string | Handler>()
    const server = createServer((request, response) => {
      const page = pages.get((request.url ?? '/').split('?')[0] ?? '/')
      if (typeof page === 'function') return page(request, response)
      response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html' })
      response.end(page === undefined ? '<h1>Nothing here</h1>' : page)
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(0, '127.0.0.1', resolve)
    await promise
    return new PageServer(server, pages)
  }

  /** Puts a page at a path and gives its address. */
  serve(path: string, page: string | Handler): string {
    this.#pages.set(path, page)
    return this.url + path
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    this.#server.closeAllConnections()
    await promise
  }
}
