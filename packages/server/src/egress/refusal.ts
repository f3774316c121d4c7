import type { EgressProblem, RefusalRule } from './problem.ts'
import { hostAndPort, type Target } from './target.ts'

/** Rules that need no more than the target to say what they forbid. */
export type GeneralRule = Exclude<RefusalRule, 'advertising' | 'domain-blocked'>

/** What no name may lead to, whatever the operator says of the name: whoever runs its DNS decides. */
export const neverByName: ReadonlySet<RefusalRule> = new Set<RefusalRule>([
  ...(['metadata-address', 'unspecified-address', 'link-local-address'] as const),
  ...(['multicast-address', 'broadcast-address', 'embedded-address'] as const),
])

const reasons: Readonly<Record<GeneralRule, string>> = {
  'metadata-address': 'is a metadata service of a cloud, which gives out credentials',
  'unspecified-address': 'is an unspecified address, which means this machine',
  'loopback-address': 'is a loopback address, which means this machine',
  'private-address': 'is a private address',
  'shared-address': "is an address of a provider's own network (100.64.0.0/10)",
  'link-local-address': 'is a link-local address',
  'multicast-address': 'is a multicast address',
  'broadcast-address': 'is the broadcast address',
  'benchmark-address': 'is an address for benchmarks of network devices',
  'documentation-address': 'is an address for documentation',
  'embedded-address': 'is an IPv6 address that stands for an IPv4 address',
  'reserved-address': 'is a reserved address',
  'own-address': 'is an address of the machine that runs this server',
  'server-port': 'is the port of this server itself',
  'mail-port': 'is a port for sending mail',
  'local-name': 'is a name of a local network',
  'domain-not-allowed': 'is not among the domains that this server allows',
  'browser-service': "is a service for the browser's own updates and reports",
  'too-many-connections': 'would be one connection more than a session may have at once',
}

const ofPorts: ReadonlySet<RefusalRule> = new Set(['server-port', 'mail-port'])

/** A target that a rule forbids. The addresses behind a name are not told: they may be a secret. */
export function refused(rule: GeneralRule, target: Target): EgressProblem {
  const isByAddress = rule.endsWith('-address')
  const subject = ofPorts.has(rule) ? `Port ${target.port}` : target.host
  const reason =
    isByAddress && !target.isAddress ? reasons[rule].replace(/^is/, 'resolves to') : reasons[rule]
  const sentence = `Tandem does not let a session reach ${target.text}: ${subject} ${reason}.`
  return {
    ...{ kind: 'refused', status: 403, rule, target: target.text, sentence },
    ...(rule !== 'too-many-connections' && { remedy: remedyFor(rule, target) }),
  }
}

function remedyFor(rule: RefusalRule, target: Target): string {
  if (rule === 'domain-not-allowed' && !target.isAddress) {
    return `TANDEM_EGRESS_ALLOW_DOMAINS=${target.host}`
  }
  if (!target.isAddress && neverByName.has(rule)) {
    return `TANDEM_EGRESS_ALLOW with the address itself and port ${target.port}`
  }
  return `TANDEM_EGRESS_ALLOW=${hostAndPort(target.host, target.port)}`
}

/** A host of advertising, in a session whose pages are kept from those. */
export function refusedAdvertising(target: Target): EgressProblem {
  return {
    ...{ kind: 'refused', status: 403, rule: 'advertising', target: target.text },
    sentence:
      `${target.host} serves advertising, measures visitors or asks for their consent, which this ` +
      'page is kept from. Scrape with "blockAds": false to let it through.',
  }
}

/** A name under a domain that the operator blocks. */
export function refusedDomain(target: Target, domain: string): EgressProblem {
  return {
    kind: 'refused',
    status: 403,
    rule: 'domain-blocked',
    target: target.text,
    sentence: `Tandem does not let a session reach ${target.text}: the domain ${domain} is blocked on this server.`,
    remedy: `take ${domain} out of TANDEM_EGRESS_BLOCK_DOMAINS`,
  }
}
