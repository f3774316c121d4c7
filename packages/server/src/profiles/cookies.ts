import { CdpCommandError } from '../cdp/command-error.ts'
import type { CdpMultiplexer } from '../cdp/multiplexer.ts'

/** A cookie as `Storage.getCookies` gives it. What is not named here is not to be given back. */
export type Cookie = Record<string, unknown> & { session: boolean; expires: number }

/** What `Storage.setCookies` takes of it. */
const settable = [
  'name',
  'value',
  'domain',
  'path',
  'secure',
  'httpOnly',
  'sameSite',
  'priority',
  'sourceScheme',
  'sourcePort',
  'partitionKey',
]

/**
 * All cookies of a browser, those of the session and those of partitions among
 * them. A browser's own file has them only after a while, and not all.
 */
export async function readCookies(cdp: CdpMultiplexer, deadline: number): Promise<Cookie[]> {
  const { cookies } = await cdp.command<{ cookies: Cookie[] }>(
    'Storage.getCookies',
    {},
    { deadline },
  )
  // That of a page without an address cannot be named, and lives as long as that page.
  return cookies.filter((cookie) => cookie['partitionKeyOpaque'] !== true)
}

/** Gives a browser the cookies that are still valid, before it has loaded anything. */
export async function writeCookies(cdp: CdpMultiplexer, cookies: Cookie[]): Promise<void> {
  const now = Date.now() / 1000
  const valid = cookies.filter(({ session, expires }) => session || expires > now).map(forBrowser)
  if (valid.length === 0) return
  try {
    await cdp.command('Storage.setCookies', { cookies: valid })
  } catch (error) {
    if (!(error instanceof CdpCommandError)) throw error
    // Another version of Chromium may refuse one of them, and then sets none.
    await Promise.allSettled(
      valid.map((cookie) => cdp.command('Storage.setCookies', { cookies: [cookie] })),
    )
  }
}

function forBrowser(cookie: Cookie): Record<string, unknown> {
  const entries = settable.flatMap((name) => (name in cookie ? [[name, cookie[name]]] : []))
  return {
    ...Object.fromEntries(entries),
    ...(cookie.session ? {} : { expires: cookie.expires }),
  }
}
