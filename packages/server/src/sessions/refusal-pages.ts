import { InternalClient } from '../cdp/internal-client.ts'
import type { CdpMultiplexer } from '../cdp/multiplexer.ts'
import { problemPage } from '../egress/answer.ts'
import type { SessionEgress } from '../egress/session-egress.ts'
import { targetOf } from '../egress/target.ts'

/** Milliseconds after a refusal within which the browser shows its own error page. */
const patience = 3_000

interface Frame {
  id: string
  parentId?: string
  /** The address that an error page stands for. */
  unreachableUrl?: string
}

/**
 * Shows in the browser why the network policy stopped a navigation over TLS.
 * Of plain HTTP the proxy answers with a page of its own; a tunnel can only
 * fail, and Chromium's error page does not say what the proxy said.
 */
export class RefusalPages {
  readonly #cdp: CdpMultiplexer
  readonly #egress: SessionEgress
  readonly #stop: () => void
  #watch: { client: InternalClient; until: NodeJS.Timeout } | undefined
  #starting = false

  constructor(cdp: CdpMultiplexer, egress: SessionEgress) {
    this.#cdp = cdp
    this.#egress = egress
    cdp.explainNavigation = (address) => {
      const target = targetOf(address)
      return target === undefined ? undefined : egress.problemOf(target)?.sentence
    }
    this.#stop = egress.onRefusal(({ origin }) => {
      if (origin === 'browser') void this.#look().catch(() => {})
    })
  }

  /** Ends the watch. May be called again. */
  close(): void {
    this.#stop()
    this.#end()
  }

  /** Watches the pages for a while, from the latest refusal on. */
  async #look(): Promise<void> {
    if (this.#watch) {
      this.#watch.until.refresh()
      return
    }
    if (this.#starting) return
    this.#starting = true
    try {
      const client = await InternalClient.connect(this.#cdp)
      this.#watch = { client, until: setTimeout(() => this.#end(), patience) }
      client.onClose = () => this.#end()
      client.onEvent = ({ method, params, sessionId }) => {
        if (method === 'Page.frameNavigated') {
          this.#explain(client, (params as { frame: Frame }).frame, sessionId)
        }
      }
      await this.#attach(client)
    } finally {
      this.#starting = false
    }
  }

  async #attach(client: InternalClient): Promise<void> {
    const { targetInfos } = await client.send<{
      targetInfos: { targetId: string; type: string }[]
    }>('Target.getTargets', {})
    for (const { targetId, type } of targetInfos) {
      if (type !== 'page') continue
      const { sessionId } = await client.send<{ sessionId: string }>('Target.attachToTarget', {
        targetId,
        flatten: true,
      })
      void client.send('Page.enable', {}, sessionId).catch(() => {})
      // It may be there already.
      const { frameTree } = await client.send<{ frameTree: { frame: Frame } }>(
        'Page.getFrameTree',
        {},
        sessionId,
      )
      this.#explain(client, frameTree.frame, sessionId)
    }
  }

  #explain(client: InternalClient, frame: Frame, sessionId: string | undefined): void {
    const target = frame.unreachableUrl && targetOf(frame.unreachableUrl)
    const problem = target ? this.#egress.problemOf(target) : undefined
    if (!problem || !sessionId) return
    const content = { frameId: frame.id, html: problemPage(problem) }
    client.send('Page.setDocumentContent', content, sessionId).catch(() => {})
  }

  #end(): void {
    clearTimeout(this.#watch?.until)
    const client = this.#watch?.client
    this.#watch = undefined
    client?.close()
  }
}
