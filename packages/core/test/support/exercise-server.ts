import { closedPort, created, deleted, executed, TestServer, type Exchange } from './server.ts'

/** What a page of another origin may do and read. */
const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, DELETE',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key',
  'access-control-expose-headers': 'x-request-id, retry-after, retry-after-ms',
}

/** What `exercise` sees when all is well. */
export const expectedOfExercise: Record<string, unknown> = {
  printed: JSON.stringify({
    id: created.id,
    status: 'active',
    expiresAt: created.expiresAt,
    requestId: 'req-POST',
  }),
  cdpUrl: created.cdpUrl,
  requestId: 'req-POST',
  result: '2',
  events: ['stdout', 'step', '漢字'],
  aborted: 'enough',
  retried: 1,
  missing: ['NotFoundError', 'req-GET'],
  limited: 86_400_000,
  refused: 'ConnectionError',
  ended: 2,
}

/** The server for `exercise`, and the address of none. */
export async function startExerciseServer(): Promise<{ server: TestServer; closedUrl: string }> {
  let lists = 0
  const answer = (exchange: Exchange): void => {
    const { method, url, body, json, events, response } = exchange
    for (const [name, value] of Object.entries(cors)) response.setHeader(name, value)
    response.setHeader('x-request-id', `req-${method}`)
    const code = body?.['code']
    if (method === 'OPTIONS') response.writeHead(204).end()
    else if (code === 'endless') events().write('event: stdout\ndata: {"text":"1"}\n\n')
    else if (code === 'stream') {
      events().end(
        [
          'event: stdout\ndata: {"text":"1"}\n\n',
          'event: step\ndata: {"index":0}\n\n',
          `event: result\ndata: ${JSON.stringify({ ...executed, result: '漢字' })}\n\n`,
        ].join(''),
      )
    } else if (code === 'too much') {
      json(429, { success: false, error: 'Rate limit exceeded.' }, { 'retry-after': '86400' })
    } else if (code !== undefined) json(200, executed)
    else if (method === 'POST') json(200, created)
    else if (method === 'DELETE') json(200, deleted)
    else if (url !== '/v2/interact') json(404, { success: false, error: 'Not found.' })
    else if (lists++ % 2 === 0) {
      json(503, { success: false, error: 'Starting.' }, { 'retry-after-ms': '1' })
    } else json(200, { success: true, sessions: [created] })
  }
  const server = await TestServer.start(answer)
  return { server, closedUrl: `http://127.0.0.1:${await closedPort()}` }
}

/** Settles when the server has seen the aborted stream's connection go. */
export async function abortSeen(server: TestServer): Promise<void> {
  await server.requests.find(({ body }) => body?.['code'] === 'endless')?.disconnected
}
