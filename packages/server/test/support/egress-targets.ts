/** A target that no session may reach. */
export interface RefusedTarget {
  /** As it is written in a URL. */
  host: string
  /** That of the canary, unless it is the port that is refused. */
  port?: number
  /** The rule that the answer names. */
  rule: string
  /** What a name server answers, for a name. */
  answers?: readonly string[]
}

/** A target that a session may reach. */
export interface AllowedTarget {
  host: string
  port: number
  answers?: readonly string[]
  /** The address that is dialled first. */
  dialled: string
}

const refused = (rule: string, ...hosts: string[]): RefusedTarget[] =>
  hosts.map((host) => ({ host, rule }))

const resolving = (rule: string, ...lists: string[][]): RefusedTarget[] =>
  lists.map((answers, index) => ({ host: `${rule}-${index}.example.test`, answers, rule }))

/** Addresses as they are written in URLs, by hand or by somebody who looks for a gap. */
export const refusedAddresses: readonly RefusedTarget[] = [
  ...refused(
    'loopback-address',
    ...['127.0.0.1', '127.0.0.1.', '127.0.0.2', '127.1.2.3', '127.255.255.254'],
    // Short, decimal, octal, hexadecimal, and mixtures.
    ...['127.1', '127.0.1', '127.65535', '127.1.', '2130706433', '2130706433.', '017700000001'],
    ...['0177.0.0.1', '0177.0.0.01', '00000177.0.0.1', '0177.1', '0x7f000001', '0x7F000001'],
    ...['0x7f.0x0.0x0.0x1', '0x7f.0.0.1', '0x7f.1', '127.0x1', '0x7f.00.0x0.1', '0x7f.0.1'],
    ...['0x000000007f000001', '127.0.0.0x1', '127.0.0.01'],
    // Percent-encoded, full-width, circled, with an ideographic or half-width full stop.
    ...['127.0.0.%31', '%31%32%37.0.0.1', '127%2e0%2e0%2e1', '１２７.０.０.１', '①②⑦.⓪.⓪.①'],
    ...['127。0。0。1', '127｡0｡0｡1', '１２７。１', '𝟏𝟐𝟕.𝟎.𝟎.𝟏', '０ｘ７ｆ．１', '127.0.0.1%2e'],
    ...['[::1]', '[0:0:0:0:0:0:0:1]', '[::0001]', '[0000::1]', '[::0:1]', '[::0.0.0.1]'],
  ),
  ...refused(
    'unspecified-address',
    ...['0.0.0.0', '0', '0.0', '0x0', '00', '000.000.000.000', '0.1.2.3', '[::]', '[0::0]'],
    '[::0.0.0.0]',
  ),
  ...refused(
    'embedded-address',
    // Mapped, compatible and translated.
    ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:7f00:1]', '[::FFFF:127.0.0.1]'],
    ...['[::127.0.0.1]', '[::7f00:1]', '[::ffff:0:127.0.0.1]', '[::ffff:169.254.169.254]'],
    ...['[::ffff:10.0.0.1]', '[::ffff:0.0.0.0]', '[::ffff:192.168.0.1]', '[::2]'],
    // NAT64 (both prefixes), 6to4, Teredo.
    ...['[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b::8.8.8.8]'],
    ...['[64:ff9b:1::7f00:1]', '[64:ff9b:1:ffff::10.0.0.1]', '[2002:7f00:1::]', '[2002:7f00:1::1]'],
    ...['[2002:a00:1::]', '[2001:0:7f00:1::1]', '[2001::80ff:fffe]', '[2001:0:4136:e378::1]'],
  ),
  ...refused(
    'private-address',
    ...['10.0.0.1', '10.255.255.254', '172.16.0.1', '172.31.255.254', '192.168.0.1'],
    ...[
      '192.168.255.254',
      '10.1',
      '167772161',
      '0xa000001',
      '012.0.0.1',
      '0xc0a80001',
      '192.168.1',
    ],
    ...['192。168。0。1', '%31%30.0.0.1', '[fc00::1]', '[fd00::1]', '[fdff:ffff::1]', '[fec0::1]'],
  ),
  ...refused(
    'metadata-address',
    ...['169.254.169.254', '169.254.169.254.', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376'],
    ...['169.16689662', '0xa9.254.0xa9fe', '169.254.43518', '169.254.170.2', '169.254.170.23'],
    ...['169.254.169.123', '100.100.100.200', '192.0.0.192', '168.63.129.16', '[fd00:ec2::254]'],
    ...['[fd00:ec2::23]', '[fd20:ce::254]', '１６９.２５４.１６９.２５４'],
  ),
  ...refused('link-local-address', '169.254.0.1', '169.254.255.255', '[fe80::1]', '[febf::1]'),
  ...refused('shared-address', '100.64.0.1', '100.127.255.254', '0x64400001'),
  ...refused('multicast-address', '224.0.0.1', '239.255.255.250', '[ff02::1]', '[ff0e::1]'),
  ...refused('broadcast-address', '255.255.255.255', '0xffffffff', '4294967295'),
  ...refused('benchmark-address', '198.18.0.1', '198.19.255.254', '[2001:2::1]'),
  ...refused('documentation-address', '192.0.2.1', '198.51.100.1', '203.0.113.1'),
  ...refused('documentation-address', '[2001:db8::1]', '[3fff::1]', '[3fff:fff::1]'),
  ...refused(
    'reserved-address',
    ...['192.0.0.1', '192.88.99.1', '192.31.196.1', '192.52.193.1', '192.175.48.1', '240.0.0.1'],
    ...['254.255.255.255', '[100::1]', '[100:0:0:1::1]', '[2001:1::1]', '[2001:20::1]'],
    ...['[2001:30::1]', '[2001:4:112::1]', '[2620:4f:8000::1]', '[4000::1]', '[5f00::1]'],
    ...['[8000::1]', '[e000::1]', '[200::1]'],
  ),
]

/** Names that are refused before anybody is asked for their addresses. */
export const refusedNames: readonly RefusedTarget[] = refused(
  'local-name',
  ...['localhost', 'LOCALHOST', 'localhost.', 'LocalHost.', 'app.localhost', 'a.b.localhost.'],
  ...[
    'loc%61lhost',
    '%6cocalhost',
    'ｌｏｃａｌｈｏｓｔ',
    'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
    'localhost。',
    'loc\u00adalhost',
  ],
  ...['localhost.localdomain', 'printer.local', 'PRINTER.LOCAL.', 'local', 'router.home.arpa'],
  ...['metadata.google.internal', 'metadata.google.internal.', 'vault.internal', 'internal'],
  'host.docker.internal',
)

/** Names of which every answer, or one of many, is for nobody's session. */
export const refusedAnswers: readonly RefusedTarget[] = [
  ...resolving('loopback-address', ['127.0.0.1'], ['::1'], ['93.184.216.34', '127.0.0.1']),
  ...resolving('loopback-address-mixed', ['93.184.216.34', '2606:4700::1111', '::1']),
  ...resolving('private-address', ['10.0.0.1'], ['192.168.1.1', '93.184.216.34'], ['fd00::1']),
  ...resolving('metadata-address', ['169.254.169.254'], ['168.63.129.16'], ['fd00:ec2::254']),
  ...resolving('unspecified-address', ['0.0.0.0'], ['::']),
  ...resolving('embedded-address', ['::ffff:7f00:1'], ['64:ff9b::a00:1'], ['2002:7f00:1::']),
  ...resolving('shared-address', ['100.64.0.1']),
  ...resolving('link-local-address', ['169.254.1.1'], ['fe80::1']),
  ...resolving('multicast-address', ['224.0.0.251']),
  ...resolving('broadcast-address', ['255.255.255.255']),
  ...resolving('documentation-address', ['203.0.113.7'], ['2001:db8::7']),
  ...resolving('reserved-address', ['240.0.0.1'], ['100::1']),
].map((target) => ({ ...target, rule: target.rule.replace('-mixed', '') }))

/** Public hosts with ports that are for nobody's session. */
export const refusedPorts: readonly RefusedTarget[] = [
  { host: '93.184.216.34', port: 25, rule: 'mail-port' },
  { host: '93.184.216.34', port: 465, rule: 'mail-port' },
  { host: '[2606:4700::1111]', port: 587, rule: 'mail-port' },
  { host: 'mail.example.test', port: 25, answers: ['93.184.216.34'], rule: 'mail-port' },
  { host: 'mail.example.test', port: 587, answers: ['93.184.216.34'], rule: 'mail-port' },
]

/** What is no `host:port` at all, byte by byte as it could be sent. */
export const unreadableTargets: readonly string[] = [
  ...['', ':80', '127.0.0.1', '127.0.0.1:', '127.0.0.1:0', '127.0.0.1:65536', '127.0.0.1:080808'],
  ...['127.0.0.1:80:80', '127.0.0.1:-1', '127.0.0.1:http', '::1:80', '[::1:80', '::1]:80'],
  ...['[[::1]]:80', '[::1]80', '[::1%lo]:80', '[::1%25lo]:80', '[fe80::1%25eth0]:80', '[]:80'],
  ...['[127.0.0.1]:80', '[localhost]:80', '[v1.a]:80', '[::ffff:127.0.0.1.]:80', '[::g]:80'],
  ...['user@127.0.0.1:80', 'user:secret@127.0.0.1:80', 'example.com@127.0.0.1:80', '@127.0.0.1:80'],
  ...['example.com\\@127.0.0.1:80', 'example.com#@127.0.0.1:80', 'example.com?@127.0.0.1:80'],
  ...['127.0.0.1/:80', '127.0.0.1\\:80', '127.0.0.1#:80', '127.0.0.1?:80', '127.0.0.256:80'],
  ...['1.2.3.4.5:80', '256.256.256.256:80', '0x100000000:80', '09.0.0.1:80', '127..0.1:80'],
  ...['a..example.com:80', '.example.com:80', 'example.com..:80', '127.0.0.1..:80', '*:80'],
  ...['exa%00mple.com:80', 'exa%20mple.com:80', '%2f:80', 'a%40b:80', 'localhost%3a80:80'],
  ...[`${'a'.repeat(64)}.com:80`, `${'a.'.repeat(127)}com:80`, 'example.com:80%20', '１２７.１:80'],
]

export const refusedTargets: readonly RefusedTarget[] = [
  ...refusedAddresses,
  ...refusedNames,
  ...refusedAnswers,
  ...refusedPorts,
]

const allowed = (port: number, dialled: string, ...hosts: string[]): AllowedTarget[] =>
  hosts.map((host) => ({ host, port, dialled }))

/** The neighbours of what is refused, and the odd forms of what is not. */
export const allowedTargets: readonly AllowedTarget[] = [
  ...allowed(80, '93.184.216.34', '93.184.216.34', '93.184.216.34.', '0x5db8d822', '1572395042'),
  ...allowed(8080, '93.184.216.34', '0135.0270.0330.042', '93.184.55330', '93.0xb8.0xd822'),
  ...allowed(443, '8.0.0.1', '010.0.0.1', '8.1', '8.0.1'),
  ...allowed(22, '1.1.1.1', '1.1.1.1', '%31.1.1.1', '0x1.1.1.1'),
  ...allowed(443, '2606:4700::1111', '[2606:4700::1111]', '[2606:4700:0:0:0:0:0:1111]'),
  ...allowed(1, '2a00:1450:4001::1', '[2a00:1450:4001::1]'),
  ...['9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255'].flatMap(
    (address) => allowed(80, address, address),
  ),
  ...['192.169.0.0', '100.63.255.255', '100.128.0.0', '169.253.255.255', '169.255.0.0'].flatMap(
    (address) => allowed(65_535, address, address),
  ),
  ...['126.255.255.255', '128.0.0.0', '223.255.255.255', '198.17.255.255', '198.20.0.0'].flatMap(
    (address) => allowed(24, address, address),
  ),
  ...['2001:200::1', '2003::1', '2001:db7:ffff::1', '2001:db9::1', '3ffe::1'].flatMap((address) =>
    allowed(80, address, `[${address}]`),
  ),
  ...[
    { host: 'one.example.test', port: 80, answers: ['93.184.216.34'] },
    { host: 'ONE.example.TEST.', port: 80, answers: ['93.184.216.34'] },
    { host: 'two.example.test', port: 443, answers: ['93.184.216.34', '1.1.1.1'] },
    { host: 'six.example.test', port: 443, answers: ['2606:4700::1111'] },
    { host: 'both.example.test', port: 81, answers: ['93.184.216.34', '2606:4700::1111'] },
    { host: 'under_score.example.test', port: 80, answers: ['93.184.216.34'] },
    { host: 'localhost.example.test', port: 80, answers: ['93.184.216.34'] },
    { host: 'local.example.test', port: 80, answers: ['93.184.216.34'] },
    { host: '127.0.0.1.example.test', port: 80, answers: ['93.184.216.34'] },
    { host: 'xn--bcher-kva.example.test', port: 80, answers: ['93.184.216.34'] },
    { host: 'xn--%62cher-kva.example.test', port: 80, answers: ['93.184.216.34'] },
  ].map((target) => ({ ...target, dialled: target.answers[0] ?? '' })),
]
