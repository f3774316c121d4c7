import { BlockList, isIPv6 } from 'node:net'
import { describe, expect, test } from 'vitest'
import { addressRanges, addressRule, canonicalAddress } from './address-ranges.ts'

function toBits(address: string): bigint {
  if (!isIPv6(address)) {
    return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
  }
  const [before = '', after] = canonicalAddress(address).split('::')
  const groups = (text = ''): string[] => (text === '' ? [] : text.split(':'))
  const zeros = Array.from({ length: 8 - groups(before).length - groups(after).length }, () => '0')
  return [...groups(before), ...zeros, ...groups(after)].reduce(
    (bits, group) => (bits << 16n) | BigInt(`0x${group}`),
    0n,
  )
}

function fromBits(bits: bigint, family: 'ipv4' | 'ipv6'): string {
  const [count, size, radix, sign] =
    family === 'ipv6' ? ([8, 16, 16, ':'] as const) : ([4, 8, 10, '.'] as const)
  const part = (index: number): string =>
    ((bits >> BigInt(size * (count - 1 - index))) & ((1n << BigInt(size)) - 1n)).toString(radix)
  return Array.from({ length: count }, (_, index) => part(index)).join(sign)
}

/** Node's own implementation of networks. It takes IPv4 for a part of IPv6, so each has its own. */
const networks = addressRanges.flatMap(([rule, ...texts]) =>
  texts.map((text) => {
    const [address = '', length = ''] = text.split('/')
    const family: 'ipv4' | 'ipv6' = isIPv6(address) ? 'ipv6' : 'ipv4'
    const list = new BlockList()
    list.addSubnet(address, Number(length), family)
    const width = family === 'ipv6' ? 128n : 32n
    const first = toBits(address)
    const past = first + (1n << (width - BigInt(length)))
    return { rule, text, list, family, width, first, past }
  }),
)

describe('every range', () => {
  test.each(networks)('$text is $rule, or a part of it something worse', (network) => {
    const { rule, family, first, past } = network
    expect(first % (past - first)).toBe(0n)
    for (const bits of [first, (first + past) / 2n, past - 1n]) {
      const address = fromBits(bits, family)
      const earliest = networks.find(
        (each) => each.family === family && each.list.check(address, family),
      )
      expect([address, addressRule(address)]).toEqual([address, earliest?.rule])
    }
    const rules = addressRanges.map(([each]) => each)
    expect(rules.indexOf(addressRule(fromBits(past - 1n, family))!)).toBeLessThanOrEqual(
      rules.indexOf(rule),
    )
  })

  test('refuses nothing beyond its ends', () => {
    let outside = 0
    for (const { family, width, first, past } of networks) {
      for (const bits of [first - 1n, past]) {
        if (bits < 0n || bits >= 1n << width) continue
        const address = fromBits(bits, family)
        if (networks.some((each) => each.family === family && each.list.check(address, family))) {
          continue
        }
        // Of IPv6 only 2000::/3 is in use.
        if (family === 'ipv6' && bits >> 125n !== 1n) continue
        outside += 1
        expect([address, addressRule(address)]).toEqual([address, undefined])
      }
    }
    expect(outside).toBeGreaterThan(30)
  })
})

test.each([
  ['8.8.8.8', undefined],
  ['1.0.0.0', undefined],
  ['223.255.255.255', undefined],
  ['2606:4700::1111', undefined],
  ['2000::', undefined],
  ['3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
  ['1fff:ffff::1', 'reserved-address'],
  ['4000::', 'reserved-address'],
  ['169.254.169.254', 'metadata-address'],
  ['fe80::1%eth0', 'link-local-address'],
  ['::ffff:127.0.0.1', 'embedded-address'],
  ['not an address', 'reserved-address'],
  ['', 'reserved-address'],
])('%s: %s', (address, rule) => {
  expect(addressRule(address)).toBe(rule)
})
