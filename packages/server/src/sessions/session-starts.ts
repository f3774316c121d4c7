/** A session that is on its way. */
export interface Start {
  /** The key that it will belong to. */
  keyId: string
  /** Whether it is among the sessions already. */
  isEntered: boolean
}

/** How a session is to begin. */
export interface StartOptions {
  /** Whether its owner sees it; a session that is only lent out is not. */
  listed: boolean
  signal?: AbortSignal | undefined
}

/** The sessions of a registry that are on their way. */
export class SessionStarts {
  readonly #starts = new Map<Promise<unknown>, Start>()

  /** Those that are not among the sessions yet. */
  get count(): number {
    return this.#waiting.length
  }

  /** How many of them are of a key. */
  countOf(keyId: string): number {
    return this.#waiting.filter((start) => start.keyId === keyId).length
  }

  add(starting: Promise<unknown>, start: Start): void {
    this.#starts.set(starting, start)
  }

  delete(starting: Promise<unknown>): void {
    this.#starts.delete(starting)
  }

  /** Settles when all that are under way now have come to something. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#starts.keys())
  }

  get #waiting(): Start[] {
    return [...this.#starts.values()].filter(({ isEntered }) => !isEntered)
  }
}
