/** Names by which a browser on this machine reaches the server. */
const ownHosts = ['localhost', '127.0.0.1', '[::1]']

/**
 * Whether another site sent the request, and why it is refused then. The page has no login: what
 * protects it is that only its own script may call the server.
 */
export function refuseForeign(
  { headers }: Request,
  allowedHosts: string | undefined = process.env['CHAT_HOSTS'],
): Response | undefined {
  const host = headers.get('host') ?? ''
  const hosts = [...ownHosts, ...(allowedHosts ?? '').split(',').map((each) => each.trim())]
  // A site may have its own name point at this machine.
  if (!hosts.includes(host.replace(/:\d+$/, ''))) {
    return plain(403, `This server does not answer to '${host}'. CHAT_HOSTS can name it.`)
  }
  const origin = headers.get('origin')
  const site = headers.get('sec-fetch-site')
  if ((site !== null && site !== 'same-origin') || (origin !== null && !isAt(origin, host))) {
    return plain(403, 'Only the page of this server may do that.')
  }
  return undefined
}

function isAt(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host
}

/** An answer in words; the page shows them as they are. */
export function plain(status: number, text: string): Response {
  return new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
}
