import { isIPv4, isIPv6 } from 'node:net'

/** Where a connection is meant to go, in the one spelling that is checked, resolved and dialled. */
export interface Target {
  /** A name in lower-case ASCII without a final dot, or an address without brackets. */
  readonly host: string
  readonly isAddress: boolean
  readonly port: number
  /** `host:port`, with brackets around an IPv6 address. */
  readonly text: string
}

// What only a host can be made of. No slash, backslash, at sign, space or control character, so
// that the parser below sees a host and nothing but a host.
const hostCharacters = /^[^\s/\\?#@<>^|\p{Cc}]+$/u

/**
 * The canonical host of anything that a client may take for the same one: other number systems and
 * short forms of IPv4, percent-encoding, full-width letters, IDN, a final dot. The WHATWG parser
 * does it, so this is also what a browser makes of it.
 *
 * @returns undefined for what names no host, an IPv6 zone among it.
 */
export function canonicalHost(text: string): { host: string; isAddress: boolean } | undefined {
  if (!hostCharacters.test(text)) return undefined
  const isBracketed = /^\[[^[\]]*\]$/.test(text)
  if (!isBracketed && /[[\]:]/.test(text)) return undefined
  const parsed = URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`) : undefined
  if (!parsed || parsed.port !== '' || parsed.pathname !== '/') return undefined
  const name = parsed.hostname
  if (isIPv4(name)) return { host: name, isAddress: true }
  if (name.startsWith('[')) {
    const address = name.slice(1, -1)
    return isIPv6(address) ? { host: address, isAddress: true } : undefined
  }
  const host = name.replace(/\.$/, '')
  return isName(host) ? { host, isAddress: false } : undefined
}

function isName(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label))
}

/** @returns undefined for what is not `host:port`, or `host` where there is a default port. */
export function parseTarget(authority: string, defaultPort?: number): Target | undefined {
  const match = /^(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>\d{0,5}))?$/s.exec(authority)
  const { host = '', port = '' } = match?.groups ?? {}
  const number = port === '' ? defaultPort : Number(port)
  if (!match || number === undefined || number < 1 || number > 65_535) return undefined
  const canonical = canonicalHost(host)
  return canonical && makeTarget(canonical, number)
}

function makeTarget(canonical: { host: string; isAddress: boolean }, port: number): Target {
  return { ...canonical, port, text: hostAndPort(canonical.host, port) }
}

/** `host:port`, with brackets around an IPv6 address. */
export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The `host:port` that a web address leads to; undefined when it is none. */
export function targetOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const { hostname, port, protocol } = new URL(address)
  return `${hostname}:${port || (/^(https|wss):$/.test(protocol) ? 443 : 80)}`
}
