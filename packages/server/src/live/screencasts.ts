import type { InternalClient } from '../cdp/internal-client.ts'
import type { CdpMessage } from '../cdp/message.ts'
import type { Frame } from './frame.ts'
import { type CastQuality, Screencast } from './screencast.ts'
import type { Tier } from './viewer.ts'

const qualities: Record<Tier, CastQuality> = {
  high: { quality: 70, maxWidth: 1920, maxHeight: 1080 },
  low: { quality: 35, maxWidth: 800, maxHeight: 450 },
}

/** The screencasts of one page: one for each quality that somebody wants. */
export class Screencasts {
  /** Called with every picture. */
  readonly #onFrame: (tier: Tier, frame: Frame) => void
  readonly #casts = new Map<Tier, Screencast>()
  readonly #latest = new Map<Tier, Frame>()
  #sequence = 0

  constructor(onFrame: (tier: Tier, frame: Frame) => void) {
    this.#onFrame = onFrame
  }

  /** Those that run. */
  get count(): number {
    return this.#casts.size
  }

  /** The newest picture, in that quality if there is one. */
  latest(tier: Tier): Frame | undefined {
    return this.#latest.get(tier) ?? [...this.#latest.values()][0]
  }

  /** Runs those that are wanted, and no others. */
  want(tiers: ReadonlySet<Tier>, client: InternalClient, targetId: string): void {
    for (const [tier, cast] of this.#casts) {
      if (tiers.has(tier)) continue
      cast.stop()
      this.#casts.delete(tier)
      this.#latest.delete(tier)
    }
    for (const tier of tiers) if (!this.#casts.has(tier)) this.#start(tier, client, targetId)
  }

  /** Has the next change drawn in that quality. */
  next(tier: Tier): void {
    this.#casts.get(tier)?.next()
  }

  /** Milliseconds from asking for a frame of that quality until it comes. */
  delay(tier: Tier): number {
    return this.#casts.get(tier)?.delay ?? 0
  }

  /** Another document is there. */
  documentLoaded(): void {
    for (const cast of this.#casts.values()) cast.documentLoaded()
  }

  /** Takes an event of one of their DevTools sessions. */
  receive(event: CdpMessage): void {
    for (const cast of this.#casts.values()) {
      if (cast.sessionId === event.sessionId) cast.receive(event)
    }
  }

  stop(): void {
    for (const cast of this.#casts.values()) cast.stop()
    this.#casts.clear()
    this.#latest.clear()
  }

  #start(tier: Tier, client: InternalClient, targetId: string): void {
    const cast = new Screencast(client, targetId, qualities[tier])
    this.#casts.set(tier, cast)
    cast.onFrame = (picture) => {
      if (this.#casts.get(tier) !== cast) return
      this.#sequence += 1
      const frame = { ...picture, sequence: this.#sequence }
      this.#latest.set(tier, frame)
      this.#onFrame(tier, frame)
    }
    // A page that is gone has no picture; the next one is on its way.
    cast.start().catch(() => {})
  }
}
