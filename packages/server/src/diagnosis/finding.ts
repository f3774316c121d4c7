/** What is known of one thing that the server needs. */
export interface Finding {
  /** Stable, for programs. */
  readonly id: string
  readonly title: string
  /**
   * `warning`: something works less well or not at all, but the server starts.
   * `failure`: it does not start. `skipped`: nothing is known, because of
   * another finding.
   */
  readonly level: 'ok' | 'warning' | 'failure' | 'skipped'
  /** One line. */
  readonly summary: string
  /** What changes it on this machine: sentences, and commands that begin with four spaces. */
  readonly remedy: readonly string[]
}

/** What a probe says; who asked is known. */
export type Observation = Omit<Finding, 'id' | 'title'>

export function ok(summary: string): Observation {
  return { level: 'ok', summary, remedy: [] }
}

export function warning(summary: string, ...remedy: string[]): Observation {
  return { level: 'warning', summary, remedy }
}

export function failure(summary: string, ...remedy: string[]): Observation {
  return { level: 'failure', summary, remedy }
}

export function skipped(summary: string): Observation {
  return { level: 'skipped', summary, remedy: [] }
}
