import type { ConnectOverCDPTransport } from 'playwright-core'
import type { CdpMessage } from './message.ts'

/**
 * Lets Playwright speak over a channel of ours.
 *
 * Playwright goes on in promises after each message and would miss what came
 * in the same turn of the event loop, such as the execution contexts of a page
 * that it is just getting to know. So every message gets a turn of its own, as
 * in Playwright's own transports.
 */
export class PlaywrightTransport implements ConnectOverCDPTransport {
  // Playwright assigns these.
  onmessage?: (message: object) => void
  onclose?: (reason?: string) => void
  readonly send: (message: object) => void
  readonly close: () => void
  #waiting: CdpMessage[] = []
  #scheduled = false

  constructor(channel: { send: (message: object) => void; close: () => void }) {
    this.send = channel.send
    this.close = channel.close
  }

  /** Passes on a message from the browser. */
  deliver(message: CdpMessage): void {
    this.#waiting.push(message)
    this.#schedule()
  }

  /** The channel is gone. */
  disconnect(reason: string): void {
    this.#waiting = []
    this.onclose?.(reason)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      const message = this.#waiting.shift()
      if (this.#waiting.length > 0) this.#schedule()
      if (message) this.onmessage?.(message)
    })
  }
}
