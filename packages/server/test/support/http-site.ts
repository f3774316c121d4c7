import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** An HTTP server on loopback for the running test, with answers of the test's own. */
export async function siteForTest(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<{ server: Server; port: number; authority: string }> {
  const server = createServer((request, response) => void answer(request, response))
  // Whoever keeps a connection that nobody uses is found out.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { server, port, authority: `127.0.0.1:${port}` }
}
