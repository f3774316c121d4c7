import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { clockPage } from './clock-page.ts'

const paragraph = `<p>${'A sentence of some length with a <a href="/elsewhere">link</a> in it. '.repeat(8)}</p>`

function document(head: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A local page</title>
<style>body { font: 16px sans-serif; max-width: 40em; margin: auto }</style>${head}</head>
<body><main><h1>A local page</h1>${paragraph.repeat(20)}</main></body></html>`
}

const pages: Readonly<Record<string, string>> = {
  '/': document(''),
  '/scripted': document(
    `<script type="module">document.querySelector('h1').dataset.ready = 'yes'</script>`,
  ),
  '/clock': clockPage,
}

/** Small pages on this machine: one of plain HTML, one with a script, and one that never stands still. */
export class LocalSite {
  readonly plainPage: string
  readonly scriptedPage: string
  readonly clockPage: string
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    const { port } = server.address() as AddressInfo
    this.plainPage = `http://127.0.0.1:${port}/`
    this.scriptedPage = `http://127.0.0.1:${port}/scripted`
    this.clockPage = `http://127.0.0.1:${port}/clock`
  }

  static async start(): Promise<LocalSite> {
    const server = createServer((request, response) => {
      const page = pages[request.url ?? '']
      response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html' })
      response.end(page)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new LocalSite(server)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
