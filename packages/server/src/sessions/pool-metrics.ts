/** How often something took how long, in milliseconds. */
export class Durations {
  count = 0
  sum = 0
  longest = 0
  /** Told of each of them. */
  onAdd: ((duration: number) => void) | undefined

  add(duration: number): void {
    this.count += 1
    this.sum += duration
    this.longest = Math.max(this.longest, duration)
    this.onAdd?.(duration)
  }
}

/** What the pool has done since its start. */
export class PoolMetrics {
  /** From the asking to a session that was ready: its probe. */
  readonly hits = new Durations()
  /** From the asking to a session that had to be made first. */
  readonly misses = new Durations()
  /** From the beginning of a session that nobody waited for to a kernel that has its page. */
  readonly refills = new Durations()
  /** Ready ones that nobody got, by what was wrong with them. */
  readonly discarded = { lost: 0, silent: 0, kernelless: 0, old: 0, grown: 0, surplus: 0 }
}
