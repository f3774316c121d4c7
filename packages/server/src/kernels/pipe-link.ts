import type { Duplex } from 'node:stream'
import type { CdpClient } from '../cdp/client.ts'
import type { CdpMessage } from '../cdp/message.ts'
import type { CdpMultiplexer } from '../cdp/multiplexer.ts'
import { PipeTransport } from '../cdp/pipe-transport.ts'
import type { BrowserLink } from './browser-link.ts'

/** Bytes of the largest DevTools message of a kernel: hardly more than Chromium takes. */
const maximumCdpMessageBytes = 100 * 1024 * 1024

/** Bytes that wait for a kernel which does not read. */
const maximumBufferedBytes = 32 * 1024 * 1024

/** A kernel's pipe as one more client of the session's browser. */
export class PipeLink implements BrowserLink {
  readonly ready: Promise<CdpClient>
  #lost = false

  constructor(pipe: Duplex, cdp: CdpMultiplexer) {
    this.ready = this.#connect(pipe, cdp)
    this.ready.catch(() => {})
  }

  get lost(): boolean {
    return this.#lost
  }

  async cutOff(reason: string): Promise<void> {
    await this.ready.then(
      (client) => client.cutOff(reason),
      () => {},
    )
  }

  async #connect(pipe: Duplex, cdp: CdpMultiplexer): Promise<CdpClient> {
    const limits = { incoming: maximumCdpMessageBytes }
    const transport = new PipeTransport<CdpMessage>(pipe, pipe, limits)
    const early: CdpMessage[] = []
    transport.onMessage = (message) => early.push(message)
    // Code that keeps the kernel busy does not read; what it misses must not pile up here.
    const isBehind = (): boolean => {
      const behind = transport.bufferedBytes > maximumBufferedBytes
      if (behind) client.close('The kernel does not read.')
      return behind
    }
    const client: CdpClient = await cdp.connect({
      send: (message) => {
        if (!isBehind()) transport.send(message)
      },
      sendText: (text) => {
        if (!isBehind()) transport.sendText(text)
      },
      pause: () => pipe.pause(),
      resume: () => pipe.resume(),
      close: () => {
        this.#lost = true
        pipe.destroy()
      },
    })
    transport.onMessage = (message) => client.receive(message)
    transport.onClose = () => {
      this.#lost = true
      // A script that it left busy in a page would keep the next kernel from having that page.
      void client.cutOff('The kernel is gone.')
    }
    for (const message of early) client.receive(message)
    return client
  }
}
