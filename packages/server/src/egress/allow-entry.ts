import { canonicalHost, type Target } from './target.ts'

/** One `host:port` that sessions may reach although a rule speaks against it. */
export interface AllowEntry {
  /** Canonical name or address. */
  readonly host: string
  readonly isAddress: boolean
  readonly port: number | '*'
}

/**
 * Reads `host:port`: the host a name, an IPv4 address or an IPv6 address in
 * brackets, the port a number or `*`.
 *
 * @returns The entry, or what is wrong with the text, to go on after it.
 */
export function parseAllowEntry(text: string): AllowEntry | string {
  const match = /^(?<host>\[[^\]]*\]|[^:]*):(?<port>\*|\d{1,5})$/.exec(text)
  const { host: givenHost = '', port: givenPort = '' } = match?.groups ?? {}
  if (text.includes('/')) return 'is not host:port; leave scheme, path and network size out.'
  if (!match) {
    if (/:.*:/.test(text) && !text.startsWith('[')) {
      return 'is not host:port; an IPv6 address needs brackets, such as [fd00::5]:80.'
    }
    return 'is not host:port; write for example 10.0.0.5:8080, [fd00::5]:80 or intranet.example:*.'
  }
  if (givenHost.includes('*')) return 'has a * in its host; only the port may be *.'
  const canonical = canonicalHost(givenHost)
  if (!canonical) return 'has a host that is neither a name nor an address.'
  const port = givenPort === '*' ? givenPort : Number(givenPort)
  if (port === 0 || Number(port) > 65_535) return 'has a port that is not from 1 to 65535.'
  return Object.freeze({ ...canonical, port })
}

/** How far entries go: `exact` names the port, `any-port` is a `*`. */
export type Allowance = 'exact' | 'any-port' | undefined

/** What the entries say about that host, a name or an address, at the target's port. */
export function allowanceFor(
  entries: readonly AllowEntry[],
  host: string,
  { port }: Pick<Target, 'port'>,
): Allowance {
  const ofHost = entries.filter((entry) => entry.host === host)
  if (ofHost.some((entry) => entry.port === port)) return 'exact'
  return ofHost.some((entry) => entry.port === '*') ? 'any-port' : undefined
}
