/** Limits of a session's life, in milliseconds. */
export interface LifetimeLimits {
  /** From its start to its end at the latest. */
  total: number
  /** Without activity. */
  idle: number
}

/** The limits that a request asks for, in seconds, or the contract's defaults (§2.1). */
export function lifetimeLimits(request: {
  ttl?: number | undefined
  activityTtl?: number | undefined
}): LifetimeLimits {
  return { total: (request.ttl ?? 600) * 1000, idle: (request.activityTtl ?? 300) * 1000 }
}

/**
 * The two clocks of a session. Calls back once, when the first of them runs
 * out; a session in use is never idle.
 */
export class Lifetime {
  /** When the session ends at the latest; sooner when it is idle for so long. */
  readonly expiresAt: number
  readonly #limits: LifetimeLimits
  readonly #onEnd: (reason: 'ttl' | 'idle') => void
  readonly #totalTimer: NodeJS.Timeout
  #idleTimer: NodeJS.Timeout
  #lastActivity: number
  #uses = 0

  constructor(limits: LifetimeLimits, onEnd: (reason: 'ttl' | 'idle') => void) {
    this.#limits = limits
    this.#onEnd = onEnd
    this.#lastActivity = Date.now()
    this.expiresAt = this.#lastActivity + limits.total
    this.#totalTimer = setTimeout(() => onEnd('ttl'), limits.total)
    this.#idleTimer = setTimeout(() => this.#checkIdle(), limits.idle)
  }

  /** Milliseconds since 1970; now, while it is in use. */
  get lastActivity(): number {
    return this.#uses > 0 ? Date.now() : this.#lastActivity
  }

  /** Something was done in the session. Cheap: it is called for every CDP command. */
  touch(): void {
    this.#lastActivity = Date.now()
  }

  /** Counts as activity for as long as the task takes. */
  async use<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#uses += 1
    this.touch()
    try {
      return await task()
    } finally {
      this.#uses -= 1
      this.touch()
    }
  }

  stop(): void {
    clearTimeout(this.#totalTimer)
    clearTimeout(this.#idleTimer)
  }

  #checkIdle(): void {
    const idle = this.#uses > 0 ? 0 : Date.now() - this.#lastActivity
    if (idle >= this.#limits.idle) this.#onEnd('idle')
    else this.#idleTimer = setTimeout(() => this.#checkIdle(), this.#limits.idle - idle)
  }
}
