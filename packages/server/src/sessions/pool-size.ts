import { availableParallelism } from 'node:os'

/** How many sessions are kept ready, at the least and at the most. */
export interface PoolBounds {
  readonly least: number
  readonly most: number
}

/** Milliseconds for which a rush is remembered: the next one may be as large. */
const memory = 5 * 60_000

/** Milliseconds that making a session takes, as long as none has been made. */
const firstGuess = 1_000

/** The weight of the latest session in the average of how long making one takes. */
const weight = 0.2

/**
 * The bounds that suit the machine, or those that the operator wants.
 *
 * @param setting How many there are to be at any time; undefined: as many as
 *   are asked for, up to a quarter of what the server may hold and four a core.
 */
export function poolBounds(setting: number | undefined, maxSessions: number): PoolBounds {
  if (setting !== undefined) return { least: setting, most: setting }
  const most = Math.max(1, Math.min(Math.floor(maxSessions / 4), availableParallelism() * 4))
  return { least: Math.min(2, most), most }
}

/**
 * How many sessions to keep ready: as many as come while one is being made, so
 * that the next rush like the last finds one each.
 */
export class PoolSize {
  readonly #bounds: PoolBounds
  #making = firstGuess
  /** When the latest sessions were asked for; no more of them than count. */
  #arrivals: number[] = []
  #rush = { size: 0, until: 0 }

  constructor(bounds: PoolBounds) {
    this.#bounds = bounds
  }

  /** Somebody asks for a session. */
  arrived(): void {
    const now = performance.now()
    this.#arrivals.push(now)
    const recent = this.#arrivals.filter((time) => time > now - this.#making)
    this.#arrivals = recent.slice(-this.#bounds.most)
    if (this.#arrivals.length >= this.#rush.size || now > this.#rush.until) {
      this.#rush = { size: this.#arrivals.length, until: now + memory }
    }
  }

  /** Making a session took so many milliseconds. */
  made(duration: number): void {
    this.#making += weight * (duration - this.#making)
  }

  get target(): number {
    const { least, most } = this.#bounds
    const rush = performance.now() < this.#rush.until ? this.#rush.size : 0
    return Math.min(most, Math.max(least, rush))
  }
}
