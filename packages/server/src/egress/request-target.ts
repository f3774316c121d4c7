import type { IncomingMessage } from 'node:http'
import { type EgressProblem, invalid } from './problem.ts'
import { parseTarget, type Target } from './target.ts'

/** A host that no name server knows: the proxy itself answers there. */
export const explanationHost = 'egress.tandem.internal'

export interface RequestTarget {
  readonly target: Target
  /** The path and query for the request line of the target. */
  readonly path: string
}

/** Reads `GET http://host/path`, the form in which a proxy is asked. */
export function readRequestTarget(request: IncomingMessage): RequestTarget | EgressProblem {
  const url = request.url ?? ''
  const parts = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<authority>[^/?#]*)(?<rest>[^#]*)/i.exec(url)
  const { scheme = '', authority = '', rest = '' } = parts?.groups ?? {}
  if (!parts) {
    return invalid(
      'invalid-request',
      'none',
      'This is an HTTP proxy: a request to it has the whole URL in its first line, or is CONNECT host:port. Set it as http_proxy and https_proxy.',
    )
  }
  const shown = shownTarget(authority)
  if (scheme.toLowerCase() === 'https') {
    const sentence = `A request for https://${shown} came without encryption. Ask the proxy for CONNECT host:port and speak TLS through it.`
    return invalid('unsupported-scheme', shown, sentence)
  }
  if (scheme.toLowerCase() !== 'http') {
    const sentence =
      'The scheme of the URL is not known here; it must be http, or CONNECT for the rest.'
    return invalid('unsupported-scheme', shown, sentence)
  }
  const target = isAscii(authority) ? parseTarget(authority, 80) : undefined
  if (!target) return unreadableTarget(authority)
  const path = rest.startsWith('/') ? rest : `/${rest}`
  return { target, path: rest === '' && request.method === 'OPTIONS' ? '*' : path }
}

/** Reads the `host:port` of CONNECT. */
export function readConnectTarget(request: IncomingMessage): Target | EgressProblem {
  const authority = request.url ?? ''
  return (isAscii(authority) ? parseTarget(authority) : undefined) ?? unreadableTarget(authority)
}

function unreadableTarget(authority: string): EgressProblem {
  const shown = shownTarget(authority)
  const sentence = `${shown} is not a target: write host:port, with a name in ASCII, an IPv4 address, or an IPv6 address in brackets and without a zone.`
  return invalid('invalid-target', shown, sentence)
}

/** What may be repeated of a target: short, printable, without user name and password. */
function shownTarget(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  return host.replace(/[^\u0021-\u007e]/g, '?').slice(0, 100)
}

function isAscii(text: string): boolean {
  return /^[\u0021-\u007e]*$/.test(text)
}
