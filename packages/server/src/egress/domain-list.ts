import { canonicalHost } from './target.ts'

/**
 * Reads a domain that stands for itself and everything under it.
 *
 * @returns The canonical name as `{ domain }`, or what is wrong with the text, to go on after it.
 */
export function parseDomain(text: string): { domain: string } | string {
  if (/^\*?\./.test(text)) {
    return `needs no wildcard; ${text.replace(/^\*?\./, '')} covers its subdomains too.`
  }
  if (/[/:]/.test(text)) return 'is not a domain; leave scheme, port and path out.'
  const canonical = canonicalHost(text)
  if (canonical?.isAddress) return 'is an address; these lists are for names.'
  return canonical ? { domain: canonical.host } : 'is not the name of a domain.'
}

/** The domain of the list that a canonical name is or lies under. */
export function domainOf(domains: readonly string[], name: string): string | undefined {
  return domains.find((domain) => name === domain || name.endsWith(`.${domain}`))
}
