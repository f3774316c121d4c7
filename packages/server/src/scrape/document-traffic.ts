import { EventEmitter, once } from 'node:events'

import type { CDPSession } from 'playwright-core'

import { egressHeader } from '../egress/answer.ts'
import type { TimeBudget } from './time-budget.ts'

/** Decoded bytes of one document. What a reader wants of a page is in its first megabytes. */
const maximumDocumentBytes = 10 * 1024 * 1024

/** Loads that bring content; pictures and streams may go on for ever. */
const contentTypes = new Set(['Document', 'Script', 'Stylesheet', 'XHR', 'Fetch'])

/** Answer to the latest navigation of the page itself. */
export interface DocumentResponse {
  url: string
  statusCode: number
  /** The header as it was sent. */
  contentType: string | undefined
  /** It says that it is the proxy's own; sites behind TLS can say that, too. */
  fromProxy: boolean
}

/** Watches what a page loads: which document answered, how large it is, what is still under way. */
export class DocumentTraffic {
  response: DocumentResponse | undefined
  /** Network error of the latest navigation of the page itself. */
  failure: { url: string; errorText: string } | undefined
  /** True when a document was too large and its loading was stopped. */
  cut = false
  /** Resolves when `cut` becomes true; what was being waited for may never come then. */
  readonly whenCut: Promise<void>
  readonly #cutOff: () => void
  readonly #cdp: CDPSession
  readonly #pending = new Set<string>()
  readonly #changes = new EventEmitter()
  #document = { requestId: '', url: '', bytes: 0 }

  private constructor(cdp: CDPSession) {
    this.#cdp = cdp
    const { promise, resolve } = Promise.withResolvers<void>()
    this.whenCut = promise
    this.#cutOff = resolve
  }

  static async watch(cdp: CDPSession): Promise<DocumentTraffic> {
    const traffic = new DocumentTraffic(cdp)
    const { frameTree } = await cdp.send('Page.getFrameTree')
    traffic.#listen(frameTree.frame.id)
    // Bodies are not asked for, so the browser need not keep any for this client.
    await cdp.send('Network.enable', { maxTotalBufferSize: 0, maxResourceBufferSize: 0 })
    return traffic
  }

  get busy(): boolean {
    return this.#pending.size > 0
  }

  /** Resolves when nothing that brings content has been under way for so many milliseconds. */
  async quiet(milliseconds: number, budget: TimeBudget): Promise<void> {
    const { signal } = budget
    for (;;) {
      if (this.busy) await once(this.#changes, 'change', { signal })
      else {
        const silence = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)])
        await once(this.#changes, 'change', { signal: silence }).catch(() => {})
        if (signal.aborted) throw budget.reason
        if (silence.aborted) return
      }
    }
  }

  #listen(mainFrameId: string): void {
    const cdp = this.#cdp
    cdp.on('Network.requestWillBeSent', ({ requestId, frameId, type, loaderId, request }) => {
      // The program of a worker: its end is told to the worker's own session.
      if (loaderId === '') return
      if (type === 'Document' && frameId === mainFrameId && requestId === loaderId) {
        this.#document = { requestId, url: request.url, bytes: 0 }
        this.failure = undefined
      }
      if (type && contentTypes.has(type)) this.#pending.add(requestId)
      this.#changes.emit('change')
    })
    cdp.on('Network.responseReceived', ({ requestId, response }) => {
      if (requestId !== this.#document.requestId) return
      const { url, status, headers } = response
      const header = (wanted: string): string | undefined =>
        Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1]
      const fromProxy = header(egressHeader) !== undefined
      this.response = { url, statusCode: status, contentType: header('content-type'), fromProxy }
    })
    cdp.on('Network.dataReceived', ({ requestId, dataLength }) => {
      if (requestId !== this.#document.requestId || this.cut) return
      this.#document.bytes += dataLength
      if (this.#document.bytes <= maximumDocumentBytes) return
      this.cut = true
      cdp.send('Page.stopLoading').catch(() => {})
      this.#cutOff()
    })
    cdp.on('Network.loadingFinished', ({ requestId }) => this.#ended(requestId))
    cdp.on('Network.loadingFailed', ({ requestId, errorText }) => {
      if (requestId === this.#document.requestId) {
        this.failure = { url: this.#document.url, errorText }
      }
      this.#ended(requestId)
    })
  }

  #ended(requestId: string): void {
    if (this.#pending.delete(requestId)) this.#changes.emit('change')
  }
}
