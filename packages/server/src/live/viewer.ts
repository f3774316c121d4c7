import { type Frame, encodeFrame } from './frame.ts'
import type { ViewerNews } from './viewer-news.ts'

/** What carries a viewer's messages: a WebSocket. */
export interface ViewerSocket {
  /** Sends a message or a frame. */
  send(data: string | Buffer): void
  /** Bytes that it was given and has not sent. */
  readonly bufferedBytes: number
  /** Ends the connection, with a close code. */
  close(code: number, reason: string): void
}

/** Which of the two screencasts a viewer gets. */
export type Tier = 'high' | 'low'

/** Frames a second of a viewer that does not say, and the most that one may have. */
export const defaultFrameRate = 15
export const maximumFrameRate = 30

/**
 * Frames that a viewer may have unseen: one that it shows, and one on its way. Until it has seen one
 * nobody knows how long its line takes for one.
 */
const maximumUnseen = 2
const maximumUnseenAtFirst = 1

/** Milliseconds until a viewer has seen a frame, above which it gets smaller ones. */
const slowAbove = 600

/** The same, below which it gets large ones again, and for how many frames in a row. */
const quickBelow = 150
const quickFrames = 30

/** Bytes of messages that wait for a viewer which does not read; above that it is cut off. */
const maximumWaitingBytes = 4 * 1024 * 1024

/**
 * One person's connection. It has one place for a frame: what it has not been sent yet is replaced by
 * what is newer, so a slow viewer sees fewer pictures and none that is old, and nobody waits for it.
 */
export class Viewer {
  readonly id: string
  readonly interactive: boolean
  /** Called when it can take another frame. */
  onReady: (() => void) | undefined
  /** Milliseconds from asking for a frame until it comes: it is asked for so much before its time. */
  lead = 0
  /** Called when the quality that it should get has changed. */
  onTier: (() => void) | undefined
  readonly #socket: ViewerSocket
  #waiting: Frame | undefined
  /** When frames that it has not seen were sent, by their number. */
  readonly #unseen = new Map<number, number>()
  #frameRate = defaultFrameRate
  /** When it may be sent the next frame. */
  #due = 0
  /** Whether there is time to ask for it, and whether it may be sent. */
  #pause: 'until asking' | 'until sending' | undefined
  #timer: NodeJS.Timeout | undefined
  #tier: Tier = 'high'
  #wish: Tier | 'auto' = 'auto'
  #quickInRow = 0
  #hasSeen = false
  #closed = false

  constructor(id: string, interactive: boolean, socket: ViewerSocket) {
    this.id = id
    this.interactive = interactive
    this.#socket = socket
  }

  get tier(): Tier {
    return this.#wish === 'auto' ? this.#tier : this.#wish
  }

  /** Frames a second that it wants. */
  get frameRate(): number {
    return this.#frameRate
  }

  /** Whether another frame would be sent to it, when it comes, rather than wait. */
  get ready(): boolean {
    return !this.#closed && this.#hasPlace && this.#pause !== 'until asking'
  }

  get #hasPlace(): boolean {
    return this.#waiting === undefined && this.#mayHaveMore
  }

  get #mayHaveMore(): boolean {
    return this.#unseen.size < (this.#hasSeen ? maximumUnseen : maximumUnseenAtFirst)
  }

  /** Tells it something. */
  tell(news: ViewerNews): void {
    if (this.#closed) return
    if (this.#socket.bufferedBytes > maximumWaitingBytes) {
      this.close(1008, 'The viewer does not read.')
      return
    }
    this.#socket.send(JSON.stringify(news))
  }

  /** Shows it a picture as soon as it can take one. */
  show(frame: Frame): void {
    this.#waiting = frame
    this.#sendWaiting()
  }

  /** It has drawn that frame. */
  seen(sequence: number): void {
    const sentAt = this.#unseen.get(sequence)
    if (sentAt === undefined) return
    this.#hasSeen = true
    for (const earlier of [...this.#unseen.keys()]) {
      if (earlier <= sequence) this.#unseen.delete(earlier)
    }
    this.#adapt(performance.now() - sentAt)
    this.#sendWaiting()
    if (this.ready) this.onReady?.()
  }

  /** What it would like: frames a second, and a quality or `auto`. */
  pace(frameRate: number | undefined, quality: Tier | 'auto' | undefined): void {
    const before = this.tier
    this.#frameRate = Math.min(frameRate ?? this.#frameRate, maximumFrameRate)
    this.#wish = quality ?? this.#wish
    if (this.tier !== before) this.onTier?.()
  }

  /** Ends it. May be called again. */
  close(code: number, reason: string): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#waiting = undefined
    this.#socket.close(code, reason)
  }

  #sendWaiting(): void {
    if (this.#closed || !this.#waiting || !this.#mayHaveMore) return
    // The timer that runs sends it.
    if (this.#pause !== undefined) return
    const frame = this.#waiting
    this.#waiting = undefined
    const now = performance.now()
    this.#unseen.set(frame.sequence, now)
    this.#socket.send(encodeFrame(frame))
    // One that came late does not make all that follow late.
    const interval = 1000 / this.#frameRate
    this.#due = Math.max(this.#due + interval, now + interval / 2)
    this.#pause = 'until asking'
    this.#timer = setTimeout(() => this.#ask(), Math.max(0, this.#due - now - this.lead))
  }

  #ask(): void {
    this.#pause = 'until sending'
    if (this.ready) this.onReady?.()
    const open = (): void => {
      this.#pause = undefined
      this.#sendWaiting()
    }
    const left = this.#due - performance.now()
    if (left > 0) this.#timer = setTimeout(open, left)
    else open()
  }

  #adapt(delay: number): void {
    const before = this.tier
    this.#quickInRow = delay < quickBelow ? this.#quickInRow + 1 : 0
    if (delay > slowAbove) this.#tier = 'low'
    else if (this.#quickInRow >= quickFrames) this.#tier = 'high'
    if (this.tier === before) return
    // It would take as long as the one that was too slow; the other quality begins with a frame.
    this.#waiting = undefined
    this.onTier?.()
  }
}
