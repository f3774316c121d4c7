import type { BrowserUrlFields } from '../browser-urls.ts'
import { redact } from '../redact.ts'
import { parseAddress } from './web-address.ts'

const removed = '[redacted]'
const urls = /\b(?:wss?|https?):\/\/[^\s"'`<>\\]+/gi
/** Long enough that no ordinary word is one: `fc-barcelona` stays as it is. */
const keys = /\b(fc-(?=[0-9a-f]{24})|td-(?=[\w-]{20})|Bearer\s+(?=[\w.~+/=-]{20}))[\w.~+/=-]+/gi
const cookieHeaders = /^([ \t]*(?:set-)?cookie["']?\s*:\s*).+$/gim
/** Cookies as Playwright and DevTools print them. */
const cookieValues =
  /(["']?\bvalue["']?\s*:\s*)("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')(?=[^{}]{0,400}\bhttpOnly\b)/g
/** A value that is made to identify somebody, and no setting of a page. */
const token = /^(?=.*\d)[\w.~%+/=:|-]{16,}$/
/** Shorter ones would be found in ordinary text. */
const shortestSecret = 6
const shortestCookie = 8

/**
 * Makes the text of a page or of code fit for a model: without the capability URLs of its session,
 * API keys, cookies and the application's own secrets. Unlike `redact`, it leaves the addresses of
 * other sites alone: a model has to read them.
 */
export class ModelRedaction {
  readonly #secrets: readonly string[]
  /** Where capability URLs lead. */
  readonly #hosts: ReadonlySet<string>

  constructor(
    session: Readonly<BrowserUrlFields & { id: string }> | undefined,
    secrets: readonly string[] = [],
  ) {
    const addresses = [session?.cdpUrl, session?.liveViewUrl, session?.interactiveLiveViewUrl]
      .map((address) => parseAddress(address ?? ''))
      .filter((address) => address !== undefined)
    this.#hosts = new Set(addresses.map(({ host }) => host))
    this.#secrets = [...addresses.flatMap(secretsOf), session?.id ?? '', ...secrets]
      .filter((secret) => secret.length >= shortestSecret)
      .toSorted((a, b) => b.length - a.length)
  }

  /** @param more further secrets, known only now */
  apply(text: string, more: Iterable<string> = []): string {
    return [...this.#secrets, ...more]
      .reduce((rest, secret) => rest.replaceAll(secret, removed), text)
      .replace(urls, (url) => this.#url(url))
      .replace(keys, `$1${removed}`)
      .replace(cookieHeaders, `$1${removed}`)
      .replace(cookieValues, `$1"${removed}"`)
  }

  #url(url: string): string {
    if (/^ws/i.test(url))
      return url.replace(/^(\w+:\/\/)(?:[^/?#]*@)?([^/?#]*).*/, `$1$2/${removed}`)
    const address = parseAddress(url)
    return address && this.#hosts.has(address.host) ? redact(url) : url
  }
}

/** Values of cookies that open something: all that pages cannot read, and what looks like a token. */
export function secretCookies(cookies: unknown): string[] {
  if (!Array.isArray(cookies)) return []
  return cookies.flatMap((cookie: unknown) => {
    const { value, httpOnly } = Object(cookie) as Record<string, unknown>
    if (typeof value !== 'string' || !(httpOnly === true || token.test(value))) return []
    return [value, decoded(value)].filter((secret) => secret.length >= shortestCookie)
  })
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** What of a capability URL is secret wherever it appears. */
function secretsOf({ href, searchParams, hash }: URL): string[] {
  const fragment = [...new URLSearchParams(hash.slice(1)).values()]
  return [href, ...searchParams.values(), ...fragment]
}
