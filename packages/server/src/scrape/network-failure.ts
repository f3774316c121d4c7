import { ScrapeError, type ScrapeErrorCode } from './scrape-error.ts'

interface Explanation {
  code: ScrapeErrorCode
  sentence: (host: string) => string
}

const site = (sentence: (host: string) => string): Explanation => ({
  code: 'SCRAPE_SITE_ERROR',
  sentence,
})

/** Chromium's network errors (net/base/net_error_list.h) in the caller's words, first match wins. */
const explanations: readonly (readonly [RegExp, Explanation])[] = [
  [
    /ERR_NAME_NOT_RESOLVED|ERR_NAME_RESOLUTION_FAILED|ERR_DNS_/,
    {
      code: 'SCRAPE_DNS_RESOLUTION_ERROR',
      sentence: (host) => `The name ${host} does not resolve. Check the address.`,
    },
  ],
  [
    /ERR_CERT_|ERR_SSL_|ERR_BAD_SSL_|ERR_ECH_/,
    {
      code: 'SCRAPE_SSL_ERROR',
      sentence: (host) => `The TLS connection to ${host} is not trustworthy or was not possible.`,
    },
  ],
  [
    /ERR_TUNNEL_CONNECTION_FAILED|ERR_BLOCKED_BY_|ERR_NETWORK_ACCESS_DENIED|ERR_UNSAFE_PORT|ERR_DISALLOWED_URL_SCHEME/,
    {
      code: 'SCRAPE_ADDRESS_BLOCKED',
      sentence: (host) => `The network rules of this server or of the page do not allow ${host}.`,
    },
  ],
  [/ERR_CONNECTION_REFUSED/, site((host) => `${host} refused the connection.`)],
  [/ERR_TOO_MANY_REDIRECTS/, site((host) => `${host} redirects in a circle.`)],
  [/ERR_CONNECTION_TIMED_OUT|ERR_TIMED_OUT/, site((host) => `${host} did not answer.`)],
  [/ERR_ADDRESS_|ERR_INTERNET_DISC|ERR_PROXY_/, site((host) => `${host} cannot be reached.`)],
  [/ERR_EMPTY_RESPONSE/, site((host) => `${host} closed the connection without an answer.`)],
  [
    /ERR_CONNECTION_|ERR_SOCKET_|ERR_HTTP2_|ERR_QUIC_/,
    site((host) => `The connection to ${host} broke before the page arrived.`),
  ],
  [
    /ERR_INVALID_|ERR_RESPONSE_HEADERS_|ERR_CONTENT_|ERR_INCOMPLETE_|ERR_UNEXPECTED/,
    site((host) => `${host} sent an answer that is not valid HTTP.`),
  ],
]

/** Turns `net::ERR_…` into an error for the caller; undefined when the text names no such error. */
export function networkFailure(errorText: string, address: string): ScrapeError | undefined {
  if (!errorText.includes('ERR_')) return undefined
  const host = URL.canParse(address) ? new URL(address).host : 'the site'
  for (const [pattern, { code, sentence }] of explanations) {
    if (pattern.test(errorText)) return new ScrapeError(code, sentence(host))
  }
  return new ScrapeError('SCRAPE_SITE_ERROR', `The page of ${host} could not be loaded.`)
}
