import type { CDPSession } from 'playwright-core'

import { ScrapeError } from './scrape-error.ts'

/**
 * Adds the caller's headers to requests for the host that was asked for and its subdomains. Other
 * hosts get none, nor does plain HTTP after HTTPS: the headers may well be credentials, and the
 * page decides whom else it loads from.
 *
 * @param onRefused Called when the browser does not send one of the headers.
 */
export async function addFirstPartyHeaders(
  cdp: CDPSession,
  address: string,
  headers: Readonly<Record<string, string>>,
  onRefused: (error: ScrapeError) => void,
): Promise<void> {
  const asked = new URL(address)
  cdp.on('Fetch.requestPaused', ({ requestId, request }) => {
    const parameters = isFirstParty(asked, request.url)
      ? { requestId, headers: merge(request.headers, headers) }
      : { requestId }
    cdp.send('Fetch.continueRequest', parameters).catch((error: unknown) => {
      const [, name] = /(?:Unsafe|Invalid) header: (.*)/.exec(String(error)) ?? []
      // Otherwise the request or the page has gone.
      if (name !== undefined) onRefused(refusedHeader(name))
    })
  })
  await cdp.send('Fetch.enable', { patterns: [{ urlPattern: '*', requestStage: 'Request' }] })
}

/** Its value may be a secret. */
function refusedHeader(name: string): ScrapeError {
  return new ScrapeError(
    'BAD_REQUEST',
    `headers has ${JSON.stringify(name.slice(0, 100))}, which a browser does not send: ` +
      'its name or its value is not allowed.',
  )
}

function isFirstParty(asked: URL, address: string): boolean {
  const url = new URL(address)
  if (asked.protocol === 'https:' && url.protocol !== 'https:') return false
  if (url.hostname === asked.hostname) return true
  // `www.example.com` and `example.com` are one site; `www.com` must not become all of `com`.
  const bare = asked.hostname.replace(/^www\.(?=[^.]+\.)/, '')
  return url.hostname === bare || url.hostname.endsWith(`.${bare}`)
}

function merge(
  original: Readonly<Record<string, string>>,
  added: Readonly<Record<string, string>>,
): { name: string; value: string }[] {
  const replaced = new Set(Object.keys(added).map((name) => name.toLowerCase()))
  const kept = Object.entries(original).filter(([name]) => !replaced.has(name.toLowerCase()))
  return [...kept, ...Object.entries(added)].map(([name, value]) => ({ name, value }))
}
