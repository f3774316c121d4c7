import type { CDPSession } from 'playwright-core'

/**
 * Adds the caller's headers to requests for the host that was asked for and its subdomains. Other
 * hosts get none, nor does plain HTTP after HTTPS: the headers may well be credentials, and the
 * page decides whom else it loads from.
 */
export async function addFirstPartyHeaders(
  cdp: CDPSession,
  address: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const asked = new URL(address)
  cdp.on('Fetch.requestPaused', ({ requestId, request }) => {
    const parameters = isFirstParty(asked, request.url)
      ? { requestId, headers: merge(request.headers, headers) }
      : { requestId }
    // Fails only when the request or the page has gone.
    cdp.send('Fetch.continueRequest', parameters).catch(() => {})
  })
  await cdp.send('Fetch.enable', { patterns: [{ urlPattern: '*', requestStage: 'Request' }] })
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
