import type { EgressOrigin, EgressProblem, EgressRefusal } from './problem.ts'

/** Refusals that are kept, and targets of which the last problem is known. */
const kept = 100

/** Refusals of one session that are logged one by one; a page can make thousands a second. */
const logged = 100

/** What nobody in the session asked for, and nobody wants to hear of. */
const unasked = new Set<EgressProblem['rule']>(['advertising', 'browser-service'])

export interface EgressLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** What went wrong on the way out of one session. */
export class RefusalLog {
  readonly #sessionId: string
  readonly #log: EgressLog | undefined
  readonly #refusals: EgressRefusal[] = []
  readonly #latest = new Map<string, EgressProblem>()
  readonly #listeners = new Set<(refusal: EgressRefusal) => void>()
  #count = 0

  constructor(sessionId: string, log: EgressLog | undefined) {
    this.#sessionId = sessionId
    this.#log = log
  }

  /** All that there were, also those that are no longer kept. */
  get count(): number {
    return this.#count
  }

  /** The latest of them, oldest first. */
  get refusals(): readonly EgressRefusal[] {
    return [...this.#refusals]
  }

  /** Why the last attempt at a target, `host:port`, failed. */
  latest(target: string): EgressProblem | undefined {
    return this.#latest.get(target)
  }

  /** @returns What ends the listening. */
  onRefusal(listener: (refusal: EgressRefusal) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  add(problem: EgressProblem, origin: EgressOrigin): void {
    this.#remember(problem)
    if (problem.kind !== 'refused' || unasked.has(problem.rule)) return
    this.#count += 1
    const refusal: EgressRefusal = { ...problem, time: new Date(), origin }
    this.#refusals.push(refusal)
    if (this.#refusals.length > kept) this.#refusals.shift()
    this.#write(refusal)
    for (const listener of this.#listeners) listener(refusal)
  }

  #remember(problem: EgressProblem): void {
    this.#latest.delete(problem.target)
    this.#latest.set(problem.target, problem)
    const [oldest] = this.#latest.keys()
    if (this.#latest.size > kept && oldest !== undefined) this.#latest.delete(oldest)
  }

  #write({ origin, target, rule }: EgressRefusal): void {
    const fields = { sessionId: this.#sessionId, origin, target, rule }
    if (this.#count <= logged) this.#log?.info(fields, 'egress refused')
    if (this.#count === logged) {
      this.#log?.warn(fields, 'further refusals of this session are not logged')
    }
  }
}
