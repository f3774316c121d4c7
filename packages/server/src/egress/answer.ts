import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { describeRefusal, type EgressProblem } from './problem.ts'

/** Says that an answer is the proxy's own; never forwarded from a site. */
export const egressHeader = 'x-tandem-egress'

/** Milliseconds in which a client must have read the last answer on its connection. */
const lastAnswerDeadline = 2_000

/** What the clients that show nothing else show: `Blocked by Tandem: private-address; …`. */
function reasonPhrase(problem: EgressProblem): string {
  if (problem.kind === 'failed') return `Tandem could not connect: ${problem.rule}`
  if (problem.kind === 'invalid') return `${STATUS_CODES[problem.status]}: ${problem.rule}`
  const remedy = problem.remedy ? `; to allow: ${problem.remedy}` : ''
  return `Blocked by Tandem: ${problem.rule}${remedy}`
}

function headersOf(problem: EgressProblem, body: string, type: string): Record<string, string> {
  const kind = problem.kind === 'refused' ? 'refused' : 'failed'
  return {
    [egressHeader]: `${kind}; rule=${problem.rule}`,
    'content-type': `${type}; charset=utf-8`,
    'content-length': String(Buffer.byteLength(body)),
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'cache-control': 'no-store',
  }
}

/** Answers a request that did not reach its target. */
export function answerProblem(
  request: IncomingMessage,
  response: ServerResponse,
  problem: EgressProblem,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const wantsPage = /\btext\/html\b/i.test(request.headers.accept ?? '')
  const body = wantsPage ? problemPage(problem) : `${describeRefusal(problem)}\n`
  // A body that is still under way is not worth reading to its end.
  if (!request.complete) response.shouldKeepAlive = false
  response.writeHead(
    problem.status,
    reasonPhrase(problem),
    headersOf(problem, body, wantsPage ? 'text/html' : 'text/plain'),
  )
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Answers on a connection that has left HTTP, or never came to it, and ends the connection. */
export function answerOnSocket(socket: Socket, problem: EgressProblem): void {
  const body = `${describeRefusal(problem)}\n`
  const headers = { ...headersOf(problem, body, 'text/plain'), connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  endSocket(
    socket,
    `HTTP/1.1 ${problem.status} ${reasonPhrase(problem)}\r\n${lines.join('')}\r\n${body}`,
  )
}

/** Writes the last bytes of a connection, and sees to it that it ends. */
function endSocket(socket: Socket, text: string): void {
  if (socket.destroyed) return
  socket.on('error', () => {})
  // Bytes that nobody reads would turn the end of the connection into a reset.
  socket.resume()
  socket.end(text)
  const timer = setTimeout(() => socket.destroy(), lastAnswerDeadline)
  socket.once('close', () => clearTimeout(timer))
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? '')

/** A page that says it to a person. */
export function problemPage(problem: EgressProblem): string {
  const title = problem.kind === 'refused' ? 'Blocked by Tandem' : 'Tandem could not connect'
  const remedy = problem.remedy
    ? `<p>The operator of the server can allow it:</p><pre>${escapeHtml(problem.remedy)}</pre>`
    : ''
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}: ${escapeHtml(problem.target)}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1rem }
  pre { padding: .75rem 1rem; background: #8881; border-radius: .25rem; overflow-x: auto }
  small { opacity: .7 }
</style>
<h1>${title}</h1>
<p>${escapeHtml(problem.sentence)}</p>
${remedy}
<p><small>rule: ${problem.rule} · target: ${escapeHtml(problem.target)}</small></p>
</html>
`
}
