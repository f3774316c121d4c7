import type { Logger } from 'pino'
import type { SessionParts } from './session-parts.ts'
import { WarmSession } from './warm-session.ts'

export interface KeptSessionsOptions {
  /** Milliseconds for which one is kept; 0: none is. */
  duration: number
  /** How many there are at the most; the oldest goes. */
  maximum: number
  /** Called when there are fewer. */
  onChange: () => void
  log: Logger
}

/** Milliseconds within which the page of one that is wanted again must answer. */
const patience = 1_500

interface Kept {
  /** The API key that it counts for. */
  keyId: string
  session: WarmSession
  timer: NodeJS.Timeout
}

/**
 * What is left of sessions that nobody has at the moment, under the name by which somebody may come
 * back to it. They give way whenever their place is needed.
 */
export class KeptSessions {
  readonly #options: KeptSessionsOptions
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>()
  /** Those on their way out, whose places are free already. */
  readonly #ending = new Set<Promise<void>>()
  #closed = false

  constructor(options: KeptSessionsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#kept.size
  }

  /** How many are on their way out. */
  get ending(): number {
    return this.#ending.size
  }

  /** Whether any are kept. */
  get enabled(): boolean {
    return this.#options.duration > 0 && !this.#closed
  }

  /** How many there are of a key. */
  countOf(keyId: string): number {
    return [...this.#kept.values()].filter((kept) => kept.keyId === keyId).length
  }

  keep(name: string, keyId: string, parts: SessionParts): void {
    const { duration, maximum } = this.#options
    const session = new WarmSession(parts, performance.now())
    const timer = setTimeout(() => this.giveUp(name), duration)
    this.#kept.set(name, { keyId, session, timer })
    session.onLost = () => this.giveUp(name)
    parts.watch.onOverrun = () => this.giveUp(name)
    if (session.lost) this.giveUp(name)
    while (this.#kept.size > (this.#closed ? 0 : maximum)) this.giveUpOldest()
  }

  /** Hands one out, if it is still there and its page answers. From then on it is the caller's. */
  async take(name: string): Promise<SessionParts | undefined> {
    const kept = this.#kept.get(name)
    if (!kept) return undefined
    const { session, timer } = kept
    clearTimeout(timer)
    this.#kept.delete(name)
    if (await session.answers(patience)) {
      session.onLost = undefined
      return session.parts
    }
    this.#end(session)
    return undefined
  }

  /**
   * Makes room for somebody who needs a place, among those of one key if that is told.
   *
   * @returns False when there is nothing to give up.
   */
  giveUpOldest(keyId?: string): boolean {
    const oldest = [...this.#kept].find(([, kept]) => keyId === undefined || kept.keyId === keyId)
    if (!oldest) return false
    this.giveUp(oldest[0])
    return true
  }

  giveUp(name: string): void {
    const kept = this.#kept.get(name)
    if (!kept) return
    clearTimeout(kept.timer)
    this.#kept.delete(name)
    this.#end(kept.session)
  }

  /** Ends all of them, and keeps no more. */
  async close(): Promise<void> {
    this.#closed = true
    for (const name of this.#kept.keys()) this.giveUp(name)
    while (this.#ending.size > 0) await Promise.all(this.#ending)
  }

  #end(session: WarmSession): void {
    session.onLost = undefined
    const ending = session.parts
      .close()
      .catch((error: unknown) => {
        const { id } = session.parts
        this.#options.log.error({ sessionId: id, err: error }, 'a kept session did not end')
      })
      .finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
    this.#options.onChange()
  }
}
