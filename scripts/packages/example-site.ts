import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const page = `<!doctype html>
<html lang="en"><title>Example Domain</title>
<h1>Example Domain</h1>
<p>This domain is for use in examples.</p>
<a href="/more">More information</a></html>`

/** Stands in for https://example.com, so that the examples run without a network. */
export async function startExampleSite(): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
