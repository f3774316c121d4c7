import type { InternalClient } from '../cdp/internal-client.ts'
import type { CdpMessage } from '../cdp/message.ts'
import type { Frame } from './frame.ts'

/** How large and how good the pictures of a screencast are. */
export interface CastQuality {
  /** Of the JPEG, from 1 to 100. */
  quality: number
  /** Pixels. */
  maxWidth: number
  maxHeight: number
}

/** `Page.screencastFrame`. Times are seconds since 1970. */
interface ScreencastFrame {
  data: string
  sessionId: number
  metadata: {
    offsetTop: number
    pageScaleFactor: number
    deviceWidth: number
    deviceHeight: number
    scrollOffsetX: number
    scrollOffsetY: number
    timestamp?: number
  }
}

/** Milliseconds that a page has to draw its first picture by itself. */
const firstFrameDeadline = 200

/**
 * Frames that Chromium sends without hearing of any; what changes beyond that it leaves out, also when
 * nothing changes after it (page_handler.cc).
 */
const framesInFlight = 2

/** By how many milliseconds a frame may take longer than the one before, to be taken for what frames take. */
const slowerBy = 2

/** Milliseconds that a frame takes at the most; what takes longer waited for a change of the page. */
const longestDelay = 100

/** Milliseconds without a frame after which a page that may have changed meanwhile is looked at. */
const settleDelay = 150

/**
 * The moving picture of one page. Chromium draws the next frame only after the last one was asked
 * for, so it draws no more than somebody sees; of a page that stands still it draws nothing.
 */
export class Screencast {
  /** Called with every picture. After it, the next one has to be asked for. */
  onFrame: ((frame: Omit<Frame, 'sequence'>) => void) | undefined
  readonly #client: InternalClient
  readonly #targetId: string
  readonly #quality: CastQuality
  #sessionId: string | undefined
  #stopped = false
  #unacknowledged: number[] = []
  #hasFrame = false
  /** When a frame was asked for that has not come. */
  #askedAt: number | undefined
  #delay = 0
  /** Whether Chromium may have left a frame out since the last one. */
  #mayHaveMissed = false
  #settling: NodeJS.Timeout | undefined
  #appearing: NodeJS.Timeout | undefined

  constructor(client: InternalClient, targetId: string, quality: CastQuality) {
    this.#client = client
    this.#targetId = targetId
    this.#quality = quality
  }

  /** The DevTools session that its events come from; undefined until it has one. */
  get sessionId(): string | undefined {
    return this.#sessionId
  }

  /** Milliseconds from asking for a frame of a page that moves until it comes. */
  get delay(): number {
    return this.#delay
  }

  /**
   * Begins, with a picture of the page as it is.
   *
   * @throws CdpCommandError when the page is gone, BrowserGoneError
   */
  async start(): Promise<void> {
    const { sessionId } = await this.#client.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId: this.#targetId,
      flatten: true,
    })
    this.#sessionId = sessionId
    if (this.#stopped) {
      this.#detach(sessionId)
      return
    }
    // Not awaited: a page that does not answer would hold up all that is asked of it.
    this.#ask('Page.enable')
    this.#ask('Page.startScreencast', { format: 'jpeg', everyNthFrame: 1, ...this.#quality })
    // A page that was drawn before, and stands still, may not be drawn again by itself.
    this.#settling = setTimeout(() => {
      if (!this.#hasFrame) void this.#takePicture().catch(() => {})
    }, firstFrameDeadline)
  }

  /** Takes an event of its DevTools session. */
  receive({ method, params }: CdpMessage): void {
    if (method !== 'Page.screencastFrame' || this.#stopped) return
    const { data, sessionId, metadata } = params as unknown as ScreencastFrame
    this.#unacknowledged.push(sessionId)
    this.#mayHaveMissed = this.#unacknowledged.length >= framesInFlight
    this.#hasFrame = true
    if (this.#askedAt !== undefined) this.#learnDelay(performance.now() - this.#askedAt)
    this.#askedAt = undefined
    clearTimeout(this.#settling)
    this.onFrame?.({
      capturedAt: (metadata.timestamp ?? Date.now() / 1000) * 1000,
      width: metadata.deviceWidth,
      height: metadata.deviceHeight,
      pageScaleFactor: metadata.pageScaleFactor,
      offsetTop: metadata.offsetTop,
      scrollX: metadata.scrollOffsetX,
      scrollY: metadata.scrollOffsetY,
      image: Buffer.from(data, 'base64'),
    })
  }

  /** Has the page's next change drawn. However many ask for it, it is drawn once. */
  next(): void {
    if (this.#askedAt !== undefined) return
    const sessionId = this.#unacknowledged.shift()
    if (sessionId === undefined || this.#stopped) return
    this.#askedAt = performance.now()
    this.#ask('Page.screencastFrameAck', { sessionId })
    if (!this.#mayHaveMissed) return
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => {
      this.#mayHaveMissed = false
      void this.#takePicture().catch(() => {})
    }, settleDelay)
  }

  /**
   * Another document is there. Of one in another process that stands still, Chromium may draw nothing,
   * so the page is looked at when it has had its time to appear.
   */
  documentLoaded(): void {
    clearTimeout(this.#appearing)
    this.#appearing = setTimeout(() => void this.#takePicture().catch(() => {}), settleDelay)
  }

  /** Ends it. May be called again. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    clearTimeout(this.#settling)
    clearTimeout(this.#appearing)
    if (this.#sessionId !== undefined) this.#detach(this.#sessionId)
  }

  async #takePicture(): Promise<void> {
    const before = this.#unacknowledged.length
    const [{ data }, { cssVisualViewport: visible }] = await Promise.all([
      this.#client.send<{ data: string }>(
        'Page.captureScreenshot',
        { format: 'jpeg', quality: this.#quality.quality, optimizeForSpeed: true },
        this.#sessionId,
      ),
      this.#client.send<LayoutMetrics>('Page.getLayoutMetrics', {}, this.#sessionId),
    ])
    // What Chromium has drawn by itself meanwhile is newer.
    if (this.#stopped || this.#unacknowledged.length > before) return
    this.onFrame?.({
      capturedAt: Date.now(),
      width: visible.clientWidth * visible.scale,
      height: visible.clientHeight * visible.scale,
      pageScaleFactor: visible.scale,
      offsetTop: 0,
      scrollX: visible.pageX,
      scrollY: visible.pageY,
      image: Buffer.from(data, 'base64'),
    })
  }

  /** Some frames take longer because nothing changed; the quickest ones tell what it takes. */
  #learnDelay(delay: number): void {
    if (delay <= longestDelay) this.#delay = Math.min(delay, this.#delay + slowerBy)
  }

  #detach(sessionId: string): void {
    // What a session has set ends with it, the screencast as well.
    this.#client.send('Target.detachFromTarget', { sessionId }).catch(() => {})
  }

  #ask(method: string, params: Record<string, unknown> = {}): void {
    this.#client.send(method, params, this.#sessionId).catch(() => {})
  }
}

interface LayoutMetrics {
  cssVisualViewport: {
    clientWidth: number
    clientHeight: number
    scale: number
    pageX: number
    pageY: number
  }
}
