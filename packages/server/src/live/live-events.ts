import type { EndReason } from '@tandem-browser/core'
import type { ControlState } from './control-lock.ts'

/** What comes about in a session that others than viewers may want to hear of. */
export type LiveEvent =
  | { type: 'control'; state: ControlState }
  | { type: 'viewers'; watching: number; interactive: number }
  | { type: 'ended'; endReason: EndReason }

/** Tells whoever listens. */
export class LiveEvents {
  readonly #listeners = new Set<(event: LiveEvent) => void>()

  /**
   * Calls back with every event from now on.
   *
   * @returns Ends the calls.
   */
  watch(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(event: LiveEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }
}
