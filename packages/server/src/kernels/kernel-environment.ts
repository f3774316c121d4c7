import type { Socket } from 'node:net'
import type { CdpMultiplexer } from '../cdp/multiplexer.ts'
import type { Isolation, LoopbackPort, ProcessLimits } from '../sandbox/isolation.ts'
import type { SessionFolder } from '../sandbox/session-folder.ts'
import type { SharedTab } from './shared-tab.ts'

/** What the kernels of a session have in common. */
export interface KernelContext {
  isolation: Isolation
  folder: SessionFolder
  cdp: CdpMultiplexer
  tab: SharedTab
  /** Takes a kernel's connections to its proxy, its only way out. */
  onEgress: (socket: Socket, origin: 'node' | 'python' | 'bash') => void
}

/** The port of the proxy on a kernel's own loopback, where it can be chosen. */
export const proxyPort = 3128

/** What a kernel may use, with all that it starts. */
export const kernelLimits: ProcessLimits = {
  processes: 512,
  openFiles: 4_096,
  fileBytes: 1024 ** 3,
  temporaryBytes: 256 * 1024 * 1024,
  // Code that keeps every core busy must not keep the server from answering.
  niceness: 5,
}

/**
 * The environment of a kernel. Its proxy is also asked for addresses of the
 * loopback interface: the operator may have allowed one of the machine's.
 *
 * @param temporary Its temporary folder, as it sees it.
 * @param direct Ports of its own loopback interface that are not asked of the proxy.
 */
export function kernelEnvironment(
  { folder, isolation }: KernelContext,
  proxy: LoopbackPort,
  temporary: string,
  direct: LoopbackPort[] = [],
): Record<string, string> {
  const proxyUrl = `http://127.0.0.1:${proxy.port}`
  const exceptions = direct.map(({ port }) => `127.0.0.1:${port},localhost:${port}`).join(',')
  const ownPath = isolation.name === 'none' ? process.env['PATH'] : undefined
  return {
    PATH: ownPath ?? '/opt/tandem/bin:/usr/local/bin:/usr/bin:/bin',
    HOME: folder.work.inside,
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    SESSION_ID: folder.sessionId,
    HTTP_PROXY: proxyUrl,
    HTTPS_PROXY: proxyUrl,
    ALL_PROXY: proxyUrl,
    NO_PROXY: exceptions,
    // curl reads the name of HTTP_PROXY in small letters only.
    http_proxy: proxyUrl,
    https_proxy: proxyUrl,
    all_proxy: proxyUrl,
    no_proxy: exceptions,
  }
}
