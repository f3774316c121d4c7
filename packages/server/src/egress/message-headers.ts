/** What is between two neighbours only, and what a proxy alone reads or writes. */
const hopByHop = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  // Trailers themselves go on; announced where there are none they would be an error.
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'x-tandem-egress'],
])

/**
 * Headers that go on to the other side: names and values in turn, as they came,
 * without those of the connection and those that `connection` names.
 */
export function forwardedHeaders(raw: readonly string[]): string[] {
  const pairs = headerPairs(raw)
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(','))
  const dropped = new Set([...hopByHop, ...named.map((name) => name.trim())])
  // These say where the message goes and where it ends, whatever a connection header names.
  for (const kept of ['host', 'content-length']) dropped.delete(kept)
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase())).flat()
}

/** Names and values in turn, as pairs. */
export function headerPairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: Math.floor(raw.length / 2) }, (_, index) => [
    raw[2 * index] ?? '',
    raw[2 * index + 1] ?? '',
  ])
}

/** The same headers with that one in the place of all of its name. */
export function withHeader(raw: readonly string[], name: string, value: string): string[] {
  const others = headerPairs(raw).filter(([other]) => other.toLowerCase() !== name.toLowerCase())
  return [name, value, ...others.flat()]
}
