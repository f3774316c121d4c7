import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { addressRule } from './address-ranges.ts'
import { type AllowEntry, parseAllowEntry } from './allow-entry.ts'
import { OwnAddresses } from './own-addresses.ts'
import { EgressPolicy, type EgressPolicyOptions, type EgressRules } from './policy.ts'
import type { EgressProblem } from './problem.ts'
import { parseTarget, type Target } from './target.ts'

const allow = (...texts: string[]): AllowEntry[] =>
  texts.map((text) => parseAllowEntry(text) as AllowEntry)

const targetOf = (text: string): Target => parseTarget(text)!

/** What the policy makes of a target, given what its name resolves to. */
function problemOf(
  { answers, ...rules }: EgressRules & { answers?: readonly string[] },
  text: string,
  options: EgressPolicyOptions = {},
): EgressProblem | undefined {
  const policy = new EgressPolicy(rules, options)
  const target = targetOf(text)
  return (
    policy.refusalOfTarget(target, 'node') ??
    policy.refusalOfAddresses(target, target.isAddress ? [target.host] : (answers ?? ['8.8.8.8']))
  )
}

const ruleOf = (...args: Parameters<typeof problemOf>): string | undefined =>
  problemOf(...args)?.rule

describe('an allowed address', () => {
  const rules = { allow: allow('10.0.0.5:8080', '[fd00::5]:*') }

  test.each([
    ['10.0.0.5:8080', undefined],
    ['0xa000005:8080', undefined],
    ['10.0.0.5:80', 'private-address'],
    ['10.0.0.6:8080', 'private-address'],
    ['[fd00::5]:1', undefined],
    ['[fd00:0::5]:65535', undefined],
    ['[fd00::6]:1', 'private-address'],
    ['[::ffff:10.0.0.5]:8080', 'embedded-address'],
  ])('%s: %s', (text, rule) => expect(ruleOf(rules, text)).toBe(rule))

  test('holds for names that lead there, and for nothing beside it', () => {
    expect(ruleOf({ ...rules, answers: ['10.0.0.5'] }, 'app.example:8080')).toBeUndefined()
    expect(
      ruleOf({ ...rules, answers: ['8.8.8.8', '10.0.0.5'] }, 'app.example:8080'),
    ).toBeUndefined()
    expect(ruleOf({ ...rules, answers: ['10.0.0.5', '10.0.0.6'] }, 'app.example:8080')).toBe(
      'private-address',
    )
  })
})

describe('an allowed name', () => {
  const rules = { allow: allow('intranet.example:443', 'localhost:*') }

  test.each(['10.0.0.5', '127.0.0.1', '::1', 'fd00::1', '100.64.0.1', '198.18.0.1'])(
    'may lead to %s',
    (address) => {
      expect(ruleOf({ ...rules, answers: [address] }, 'intranet.example:443')).toBeUndefined()
      expect(ruleOf({ ...rules, answers: [address] }, 'localhost:3000')).toBeUndefined()
    },
  )

  test.each([
    '169.254.169.254',
    'fe80::1',
    '0.0.0.0',
    '224.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::a00:1',
  ])('may not lead to %s, unless that is allowed too', (address) => {
    const problem = problemOf({ ...rules, answers: [address] }, 'intranet.example:443')
    expect(problem?.rule).toBe(addressRule(address))
    expect(problem?.remedy).toBe('TANDEM_EGRESS_ALLOW with the address itself and port 443')
    const both = [
      ...rules.allow,
      ...allow(`${address.includes(':') ? `[${address}]` : address}:443`),
    ]
    expect(ruleOf({ allow: both, answers: [address] }, 'intranet.example:443')).toBeUndefined()
  })

  test('holds for that name and port alone', () => {
    const answers = ['10.0.0.5']
    expect(ruleOf({ ...rules, answers }, 'intranet.example:80')).toBe('private-address')
    expect(ruleOf({ ...rules, answers }, 'a.intranet.example:443')).toBe('private-address')
    expect(ruleOf({ ...rules, answers }, 'app.localhost:443')).toBe('local-name')
    expect(ruleOf(rules, '10.0.0.5:443')).toBe('private-address')
  })
})

test('mail goes out only where the port is named', () => {
  for (const port of [25, 465, 587]) {
    expect(ruleOf({}, `8.8.8.8:${port}`)).toBe('mail-port')
    expect(ruleOf({}, `mail.example:${port}`)).toBe('mail-port')
    expect(ruleOf({ allow: allow('mail.example:*', '8.8.8.8:*') }, `mail.example:${port}`)).toBe(
      'mail-port',
    )
    expect(ruleOf({ allow: allow('8.8.8.8:*') }, `8.8.8.8:${port}`)).toBe('mail-port')
    expect(ruleOf({ allow: allow(`mail.example:${port}`) }, `mail.example:${port}`)).toBeUndefined()
    expect(ruleOf({ allow: allow(`8.8.8.8:${port}`) }, `mail.example:${port}`)).toBeUndefined()
    expect(ruleOf({ allow: allow(`8.8.8.8:${port}`) }, `8.8.4.4:${port}`)).toBe('mail-port')
  }
})

describe('the port of the server', () => {
  const options = { serverPort: () => 3210 }

  test('is closed everywhere, and opened only by its number', () => {
    const all = { allow: allow('127.0.0.1:*', 'localhost:*', '10.0.0.5:*') }
    expect(ruleOf(all, '127.0.0.1:3210', options)).toBe('server-port')
    expect(ruleOf({ ...all, answers: ['127.0.0.1'] }, 'localhost:3210', options)).toBe(
      'server-port',
    )
    expect(ruleOf(all, '127.0.0.1:3211', options)).toBeUndefined()
    expect(ruleOf(all, '10.0.0.5:3210', options)).toBeUndefined()
    expect(ruleOf({}, '8.8.8.8:3210', options)).toBe('server-port')
    expect(ruleOf({}, '8.8.8.8:3210')).toBeUndefined()
    expect(ruleOf({ allow: allow('127.0.0.1:3210') }, '127.0.0.1:3210', options)).toBeUndefined()
  })

  test('is one of the web: then it is closed on this machine alone', () => {
    const web = { serverPort: () => 443 }
    expect(ruleOf({}, '8.8.8.8:443', web)).toBeUndefined()
    expect(ruleOf({ allow: allow('127.0.0.1:*') }, '127.0.0.1:443', web)).toBe('server-port')
    const own = { has: (address: string) => address === '8.8.8.8' }
    expect(ruleOf({ allow: allow('8.8.8.8:*') }, '8.8.8.8:443', { ...web, own })).toBe(
      'server-port',
    )
  })
})

test('addresses of this machine are closed, public or not', () => {
  const own = { has: (address: string) => address === '8.8.8.8' }
  expect(ruleOf({}, '8.8.8.8:80', { own })).toBe('own-address')
  expect(ruleOf({ answers: ['8.8.8.8'] }, 'me.example:80', { own })).toBe('own-address')
  expect(ruleOf({ allow: allow('8.8.8.8:80') }, '8.8.8.8:80', { own })).toBeUndefined()
  expect(ruleOf({ allow: allow('me.example:80') }, 'me.example:80', { own })).toBeUndefined()
  expect(ruleOf({}, '8.8.4.4:80', { own })).toBeUndefined()

  const real = new OwnAddresses()
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
  expect(addresses.length).toBeGreaterThan(0)
  expect(addresses.filter(({ address }) => !real.has(address))).toEqual([])
  expect(real.has('::0001')).toBe(real.has('::1'))
  expect(real.has('8.8.8.8')).toBe(false)
})

describe('domains', () => {
  test('that alone are allowed', () => {
    const rules = {
      allowDomains: ['example.com', 'a.example.org'],
      allow: allow('10.0.0.5:80', 'in.example:80'),
    }
    for (const host of ['example.com', 'www.example.com', 'x.y.example.com', 'a.example.org']) {
      expect.soft(ruleOf(rules, `${host}:443`), host).toBeUndefined()
    }
    for (const host of ['example.org', 'notexample.com', 'example.com.evil.example', 'com']) {
      const problem = problemOf(rules, `${host}:443`)
      expect.soft(problem, host).toMatchObject({
        ...{ rule: 'domain-not-allowed', remedy: `TANDEM_EGRESS_ALLOW_DOMAINS=${host}` },
      })
    }
    // Addresses are under no domain.
    expect(problemOf(rules, '8.8.8.8:443')).toMatchObject({
      ...{ rule: 'domain-not-allowed', remedy: 'TANDEM_EGRESS_ALLOW=8.8.8.8:443' },
    })
    expect(ruleOf(rules, '10.0.0.5:80')).toBeUndefined()
    expect(ruleOf({ ...rules, answers: ['10.0.0.6'] }, 'in.example:80')).toBeUndefined()
    // To be listed does not make a private address a public one.
    expect(ruleOf({ ...rules, answers: ['10.0.0.6'] }, 'example.com:80')).toBe('private-address')
    expect(ruleOf({ ...rules, answers: ['10.0.0.5'] }, 'other.example:80')).toBe(
      'domain-not-allowed',
    )
  })

  test('that are blocked, whatever else allows them', () => {
    const rules = {
      blockDomains: ['ads.example.com'],
      allowDomains: ['example.com'],
      allow: allow('ads.example.com:443'),
    }
    for (const host of ['ads.example.com', 'x.ads.example.com']) {
      expect(problemOf(rules, `${host}:443`)).toMatchObject({
        ...{
          rule: 'domain-blocked',
          remedy: 'take ads.example.com out of TANDEM_EGRESS_BLOCK_DOMAINS',
        },
      })
    }
    expect(ruleOf(rules, 'badads.example.com:443')).toBeUndefined()
  })
})

test('a session may be allowed more than others', () => {
  const policy = new EgressPolicy({ allow: allow('10.0.0.5:80'), blockDomains: ['bad.example'] })
  const more = policy.allowing(allow('10.0.0.6:80', 'bad.example:80'))
  const rule = (each: EgressPolicy, text: string): string | undefined =>
    (
      each.refusalOfTarget(targetOf(text), 'bash') ??
      each.refusalOfAddresses(targetOf(text), [targetOf(text).host])
    )?.rule
  expect(rule(more, '10.0.0.5:80')).toBeUndefined()
  expect(rule(more, '10.0.0.6:80')).toBeUndefined()
  expect(rule(more, 'bad.example:80')).toBe('domain-blocked')
  expect(rule(policy, '10.0.0.6:80')).toBe('private-address')
})
