import { Agent, request as send } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** Milliseconds after which a request counts as one that hangs. */
const deadline = 15_000

export interface RawHttpRequest {
  method: string
  path: string
  headers: Record<string, string>
  body?: string | undefined
}

/** Sends what `fetch` would refuse to, and gives the answer; status 0 when there is none in time. */
export function sendRaw(
  url: string,
  { method, path, headers, body }: RawHttpRequest,
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(url)
  const { promise, resolve } = Promise.withResolvers<{ status: number; body: string }>()
  const outgoing = send({ agent, hostname, port, method, path, headers }, (answer) => {
    const chunks: Buffer[] = []
    // Events go on and on: that they began is enough.
    if (answer.headers['content-type']?.startsWith('text/event-stream') === true) {
      resolve({ status: answer.statusCode ?? 0, body: '' })
      outgoing.destroy()
      return
    }
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('end', () =>
      resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
    )
    answer.on('error', (error) => resolve({ status: 0, body: error.message }))
  })
  outgoing.setTimeout(deadline, () => outgoing.destroy(new Error('no answer in time')))
  outgoing.on('error', (error) => resolve({ status: 0, body: error.message }))
  outgoing.end(body)
  return promise
}
