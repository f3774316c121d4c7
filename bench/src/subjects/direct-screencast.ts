import type { Arrival } from './clock-reader.ts'
import { RawCdp } from './raw-cdp.ts'

/** Milliseconds until a picture must come. */
const pictureDeadline = 10_000

/** What a live view makes of every picture of a page that is shown in high quality. */
const likeLiveView = { format: 'jpeg', quality: 70, maxWidth: 1920, maxHeight: 1080 }

/** A browser's own screencast, read from its debugging port with nothing between. */
export class DirectScreencast {
  /** Called with every picture. */
  onPicture: ((arrival: Arrival) => void) | undefined
  readonly #cdp: RawCdp
  readonly #first = Promise.withResolvers<void>()

  private constructor(cdp: RawCdp, page: string) {
    this.#cdp = cdp
    this.#first.promise.catch(() => {})
    cdp.onEvent = ({ method, params, sessionId }) => {
      if (method !== 'Page.screencastFrame' || sessionId !== page) return
      const at = Date.now()
      this.#first.resolve()
      const answer = { sessionId: params['sessionId'] }
      void cdp.send('Page.screencastFrameAck', answer, page).catch(() => {})
      this.onPicture?.({ at, image: Buffer.from(String(params['data']), 'base64') })
    }
  }

  static async start(cdpUrl: string): Promise<DirectScreencast> {
    const cdp = await RawCdp.connect(cdpUrl)
    try {
      const page = await cdp.attachToPage()
      const screencast = new DirectScreencast(cdp, page)
      await cdp.send('Page.enable', {}, page)
      await cdp.send('Page.startScreencast', likeLiveView, page)
      return screencast
    } catch (error) {
      await cdp.close()
      throw error
    }
  }

  /** Settles when it has got a picture. */
  async firstPicture(): Promise<void> {
    const timer = setTimeout(
      () => this.#first.reject(new Error(`No picture within ${pictureDeadline} ms.`)),
      pictureDeadline,
    )
    try {
      await this.#first.promise
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends it: what a connection has begun ends with it. */
  close(): Promise<void> {
    return this.#cdp.close()
  }
}
