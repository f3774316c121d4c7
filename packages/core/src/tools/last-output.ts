import type { SessionLease } from '../pool/session-pool.ts'

/** Characters that are kept for reading on. */
const longestOutput = 250_000
const note = 'tool output'

/** Keeps what did not fit into a result as long as its session lives. */
export function keepOutput(session: SessionLease, output: string): void {
  session.notes.set(note, output.slice(0, longestOutput))
}

export function lastOutput(session: SessionLease): string | undefined {
  const output = session.notes.get(note)
  return typeof output === 'string' ? output : undefined
}
