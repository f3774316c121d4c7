import type { CdpMultiplexer } from './multiplexer.ts'
import { type TargetInfo, isBrowserInterface } from './targets.ts'

/** What is used of the answer of `Browser.getVersion`. */
interface BrowserVersion {
  protocolVersion: string
  product: string
  userAgent: string
  jsVersion: string
}

/** What a DevTools endpoint answers to `/json/version`. */
export function describeBrowser(version: BrowserVersion, webSocketUrl: string): object {
  return {
    Browser: version.product,
    'Protocol-Version': version.protocolVersion,
    'User-Agent': version.userAgent,
    'V8-Version': version.jsVersion,
    webSocketDebuggerUrl: webSocketUrl,
  }
}

/**
 * What a DevTools endpoint answers to `/json/list`. A page that does not
 * answer is marked; new clients do not see it.
 *
 * @param webSocketUrl The address for a path such as `/devtools/page/…`.
 */
export async function listPages(
  cdp: CdpMultiplexer,
  webSocketUrl: (path: string) => string,
): Promise<object[]> {
  const [{ targetInfos }, unresponsive] = await Promise.all([
    cdp.command<{ targetInfos: TargetInfo[] }>('Target.getTargets'),
    cdp.findUnresponsive(),
  ])
  return targetInfos
    .filter((target) => target.type === 'page' && !isBrowserInterface(target))
    .map(({ targetId, type, title, url }) => ({
      id: targetId,
      type,
      title,
      url,
      webSocketDebuggerUrl: webSocketUrl(`/devtools/page/${targetId}`),
      ...(unresponsive.includes(targetId) ? { unresponsive: true } : {}),
    }))
}
