import { SerialQueue } from './serial-queue.ts'
import type { SessionSource } from './session-source.ts'

/** All that a pool knows of one key. */
export class PoolSlot {
  readonly queue: SerialQueue = new SerialQueue()
  session: SessionSource | undefined
  /** A session that is being made, for whoever comes first when it is there. */
  creating: Promise<SessionSource> | undefined
  /** Whether there is room for the session that is being made. */
  admitted = false
  /** The id of a session to take over instead of making one. */
  adoptedId: string | undefined
  /** Whether a session was lost that no work has heard of yet. */
  lost = false
  /** Why no session could be made, for all who had asked by then. */
  failure: { error: unknown; ticket: number } | undefined

  /** Whether there is a session, or will be soon. */
  get held(): boolean {
    return this.session !== undefined || this.admitted
  }

  /** Whether nothing uses it or waits for it. */
  get idle(): boolean {
    return this.queue.length === 0 && !this.creating
  }

  /** Whether there is nothing in it but the news that its session was lost. */
  get forgettable(): boolean {
    return this.idle && !this.session && this.adoptedId === undefined
  }

  /** Whether there is nothing in it to keep. */
  get empty(): boolean {
    return this.forgettable && !this.lost
  }
}
