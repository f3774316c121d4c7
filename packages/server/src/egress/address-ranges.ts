import ipaddr from 'ipaddr.js'

/** Why an address is not for sessions. The names are stable: clients read them in answers. */
export type AddressRule =
  | 'metadata-address'
  | 'unspecified-address'
  | 'loopback-address'
  | 'private-address'
  | 'shared-address'
  | 'link-local-address'
  | 'multicast-address'
  | 'broadcast-address'
  | 'benchmark-address'
  | 'documentation-address'
  | 'embedded-address'
  | 'reserved-address'

/**
 * What is not the public internet, first match wins. By the IANA special-purpose registries for
 * IPv4 and IPv6, and by what clouds answer on beside 169.254.169.254.
 */
export const addressRanges: readonly (readonly [AddressRule, ...string[]])[] = [
  [
    'metadata-address',
    '169.254.169.254/32',
    // Credentials of containers and pods, and time, at Amazon.
    '169.254.170.2/32',
    '169.254.170.23/32',
    '169.254.169.123/32',
    'fd00:ec2::/32',
    // Alibaba, Oracle, Google over IPv6, and Azure's, which looks like a public address.
    '100.100.100.200/32',
    '192.0.0.192/32',
    'fd20:ce::254/128',
    '168.63.129.16/32',
  ],
  ['unspecified-address', '0.0.0.0/8', '::/128'],
  ['loopback-address', '127.0.0.0/8', '::1/128'],
  ['private-address', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10'],
  ['shared-address', '100.64.0.0/10'],
  ['link-local-address', '169.254.0.0/16', 'fe80::/10'],
  ['multicast-address', '224.0.0.0/4', 'ff00::/8'],
  ['broadcast-address', '255.255.255.255/32'],
  ['benchmark-address', '198.18.0.0/15', '2001:2::/48'],
  [
    'documentation-address',
    ...['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'],
  ],
  [
    // IPv4 in IPv6's clothes: compatible, mapped, translated, NAT64 (both), 6to4, Teredo.
    'embedded-address',
    ...['::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48'],
    ...['2002::/16', '2001::/32'],
  ],
  [
    'reserved-address',
    // IETF protocols, 6to4 relays, AS112, multicast relays, what class E was.
    ...['192.0.0.0/24', '192.88.99.0/24', '192.31.196.0/24', '192.175.48.0/24', '192.52.193.0/24'],
    ...['240.0.0.0/4', '2001::/23', '2620:4f:8000::/48'],
  ],
]

const ranges = addressRanges.flatMap(([rule, ...networks]) =>
  networks.map((network) => ({ rule, network: ipaddr.parseCIDR(network) })),
)

/** All that is routed in IPv6 so far. */
const globalUnicast = ipaddr.parseCIDR('2000::/3')

/** The rule that an address breaks, or undefined for one of the public internet. */
export function addressRule(address: string): AddressRule | undefined {
  // What cannot be read cannot be vouched for.
  if (!ipaddr.isValid(address)) return 'reserved-address'
  const parsed = ipaddr.parse(address)
  const isIn = ([network, bits]: [ipaddr.IPv4 | ipaddr.IPv6, number]): boolean =>
    network.kind() === parsed.kind() && parsed.match(network, bits)
  const broken = ranges.find(({ network }) => isIn(network))
  if (broken) return broken.rule
  // The library may know of a reservation that the table above does not have yet.
  if (parsed.range() !== 'unicast') return 'reserved-address'
  return parsed.kind() === 'ipv6' && !isIn(globalUnicast) ? 'reserved-address' : undefined
}

/** One spelling for each address, so that two can be compared. */
export function canonicalAddress(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.parse(address).toString() : address
}
