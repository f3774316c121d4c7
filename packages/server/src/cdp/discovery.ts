import type { CdpMultiplexer } from './multiplexer.ts'

/** What is used of the answer of `Browser.getVersion`. */
interface BrowserVersion {
  protocolVersion: string
  product: string
  userAgent: string
  jsVersion: string
}

interface TargetInfo {
  targetId: string
  type: string
  title: string
  url: string
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
 * What a DevTools endpoint answers to `/json/list`.
 *
 * @param webSocketUrl The address for a path such as `/devtools/page/…`.
 */
export async function listPages(
  cdp: CdpMultiplexer,
  webSocketUrl: (path: string) => string,
): Promise<object[]> {
  const { targetInfos } = await cdp.command<{ targetInfos: TargetInfo[] }>('Target.getTargets')
  return targetInfos
    .filter((target) => target.type === 'page')
    .map(({ targetId, type, title, url }) => ({
      id: targetId,
      type,
      title,
      url,
      webSocketDebuggerUrl: webSocketUrl(`/devtools/page/${targetId}`),
    }))
}
