import type { LoopbackPort } from '../sandbox/isolation.ts'
import { CdpEndpoint } from './cdp-endpoint.ts'
import type { DialogGate } from './dialog-gate.ts'
import { type KernelContext, proxyPort } from './kernel-environment.ts'

/** The port of the browser on a kernel's own loopback, where it can be chosen. */
const browserPort = 9222

/** The ports of a kernel that has no pipe to the browser. */
export interface KernelPorts {
  proxy: LoopbackPort
  browser: LoopbackPort
  /** What the browser's port leads to. */
  endpoint: CdpEndpoint
}

export async function openKernelPorts(
  { isolation, cdp, onEgress }: KernelContext,
  language: 'python' | 'bash',
  dialogs?: DialogGate,
): Promise<KernelPorts> {
  const endpoint = new CdpEndpoint(cdp, dialogs)
  const proxy = await isolation.openPort(proxyPort, (socket) => onEgress(socket, language))
  try {
    const browser = await isolation.openPort(browserPort, (socket) => endpoint.accept(socket))
    return { proxy, browser, endpoint }
  } catch (error) {
    proxy.close()
    throw error
  }
}
