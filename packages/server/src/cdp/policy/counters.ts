/** Names that are counted one by one; those of clients could be any number. */
const maximumNames = 64

/** How often the policy had something to say. */
export class PolicyCounters {
  readonly #refused = new Map<string, number>()
  readonly #unknownDomains = new Map<string, number>()

  /** Refused commands, by row of the policy. */
  get refused(): ReadonlyMap<string, number> {
    return this.#refused
  }

  /** Commands of domains that the policy does not know, by domain; beyond some it is `other`. */
  get unknownDomains(): ReadonlyMap<string, number> {
    return this.#unknownDomains
  }

  countRefusal(row: string): void {
    this.#refused.set(row, (this.#refused.get(row) ?? 0) + 1)
  }

  countUnknownDomain(domain: string): void {
    const isNew = !this.#unknownDomains.has(domain)
    const name = isNew && this.#unknownDomains.size >= maximumNames ? 'other' : domain
    this.#unknownDomains.set(name, (this.#unknownDomains.get(name) ?? 0) + 1)
  }
}
