import { once } from 'node:events'
import { connect } from 'node:net'

/** What a server answers to bytes that no HTTP client would send; the connection ends with it. */
export async function rawRequest(
  url: string,
  lines: string[],
): Promise<{ status: number; head: string; body: Record<string, unknown> }> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.setTimeout(10_000, () => socket.destroy())
  socket.end(`${lines.join('\r\n')}\r\n\r\n`)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head, body: JSON.parse(body) }
}
