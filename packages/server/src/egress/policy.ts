import { type AddressRule, addressRule, canonicalAddress } from './address-ranges.ts'
import { type Allowance, type AllowEntry, allowanceFor } from './allow-entry.ts'
import { domainOf } from './domain-list.ts'
import { OwnAddresses } from './own-addresses.ts'
import type { EgressOrigin, EgressProblem } from './problem.ts'
import { type GeneralRule, neverByName, refused, refusedDomain } from './refusal.ts'
import type { Target } from './target.ts'

/** What the operator decides. */
export interface EgressRules {
  /** Exceptions for private targets. */
  readonly allow?: readonly AllowEntry[] | undefined
  /** If not empty, only these canonical domains and what lies under them. */
  readonly allowDomains?: readonly string[] | undefined
  /** Never these canonical domains or what lies under them. */
  readonly blockDomains?: readonly string[] | undefined
}

const mailPorts: ReadonlySet<number> = new Set([25, 465, 587])
const webPorts: ReadonlySet<number> = new Set([80, 443])
const localDomains = ['localhost', 'localdomain', 'local', 'internal', 'home.arpa']

/** What Chromium asks for on its own account, whoever uses it. */
const browserServices = new Set([
  ...['clients1.google.com', 'clients2.google.com', 'clientservices.googleapis.com'],
  ...['update.googleapis.com', 'redirector.gvt1.com', 'edgedl.me.gvt1.com'],
  ...['optimizationguide-pa.googleapis.com', 'content-autofill.googleapis.com'],
  ...['safebrowsing.googleapis.com', 'safebrowsingohttpgateway.googleapis.com'],
])

export interface EgressPolicyOptions {
  readonly serverPort?: () => number | undefined
  readonly own?: Pick<OwnAddresses, 'has'>
}

/** Decides which targets, and which of their addresses, a session may reach. */
export class EgressPolicy {
  readonly #allow: readonly AllowEntry[]
  readonly #allowDomains: readonly string[]
  readonly #blockDomains: readonly string[]
  readonly #serverPort: () => number | undefined
  readonly #own: Pick<OwnAddresses, 'has'>

  /**
   * @param options.serverPort The port on which the server itself listens, as soon as it does.
   * @param options.own Addresses of this machine.
   */
  constructor(rules: EgressRules = {}, options: EgressPolicyOptions = {}) {
    this.#allow = rules.allow ?? []
    this.#allowDomains = rules.allowDomains ?? []
    this.#blockDomains = rules.blockDomains ?? []
    this.#serverPort = options.serverPort ?? (() => undefined)
    this.#own = options.own ?? new OwnAddresses()
  }

  /** The same policy with further exceptions. */
  allowing(entries: readonly AllowEntry[]): EgressPolicy {
    const rules = {
      allow: [...this.#allow, ...entries],
      allowDomains: this.#allowDomains,
      blockDomains: this.#blockDomains,
    }
    return new EgressPolicy(rules, { serverPort: this.#serverPort, own: this.#own })
  }

  /** What can be said before a name is resolved. */
  refusalOfTarget(target: Target, origin: EgressOrigin): EgressProblem | undefined {
    const { host, port, isAddress } = target
    const blocked = isAddress ? undefined : domainOf(this.#blockDomains, host)
    if (blocked !== undefined) return refusedDomain(target, blocked)
    const allowance = allowanceFor(this.#allow, host, target)
    if (allowance === 'exact') return undefined
    if (mailPorts.has(port) && !this.#allow.some((entry) => entry.port === port)) {
      return refused('mail-port', target)
    }
    if (allowance || isAddress) return undefined
    if (origin === 'browser' && browserServices.has(host)) {
      return refused('browser-service', target)
    }
    if (domainOf(localDomains, host) !== undefined) return refused('local-name', target)
    return this.#refusalByDomains(target)
  }

  /** Speaks about every address that a target stands for: one that is bad refuses all. */
  refusalOfAddresses(target: Target, addresses: readonly string[]): EgressProblem | undefined {
    const byHost = allowanceFor(this.#allow, target.host, target)
    for (const address of addresses) {
      const byAddress = allowanceFor(this.#allow, canonicalAddress(address), target)
      const rule = this.#brokenRule(target, address, { byHost, byAddress })
      if (rule) return refused(rule, target)
    }
    if (target.isAddress && !byHost) return this.#refusalByDomains(target)
    return undefined
  }

  #brokenRule(
    { port }: Target,
    address: string,
    { byHost, byAddress }: { byHost: Allowance; byAddress: Allowance },
  ): GeneralRule | undefined {
    const isExact = byHost === 'exact' || byAddress === 'exact'
    const isAllowed = byHost !== undefined || byAddress !== undefined
    const isOwn = this.#own.has(address)
    const range: AddressRule | undefined = addressRule(address)
    if (!isExact && port === this.#serverPort()) {
      if (isOwn || range === 'loopback-address') return 'server-port'
      // Its public address may be one that no interface has.
      if (!isAllowed && !webPorts.has(port) && !range) return 'server-port'
    }
    if (!isExact && mailPorts.has(port)) return 'mail-port'
    const rule: GeneralRule | undefined = range ?? (isOwn ? 'own-address' : undefined)
    if (!rule || byAddress) return undefined
    return byHost && !neverByName.has(rule) ? undefined : rule
  }

  #refusalByDomains(target: Target): EgressProblem | undefined {
    if (this.#allowDomains.length === 0) return undefined
    const isListed = !target.isAddress && domainOf(this.#allowDomains, target.host) !== undefined
    return isListed ? undefined : refused('domain-not-allowed', target)
  }
}
