import type { SessionLease } from '../pool/session-pool.ts'
import { labelOf, parseSnapshot } from './snapshot.ts'
import { windowOf } from './text-window.ts'

/** Characters that are kept for reading on, and what stands in place of the others. */
const longestOutput = 250_000
const notKept = '\n(Of the rest nothing was kept.)'
/** Cookies that are remembered; a browser holds a few hundred of a site. */
const mostCookies = 1000
const note = 'tools'

/** What the tools know of a session, as long as it lives. */
export class SessionNotes {
  /** What did not fit into the last result of code or of a task. */
  output: string | undefined
  /** Values of cookies that no model may read. */
  readonly cookies: Set<string> = new Set()
  /** What the elements were when a model last saw them, by ref. */
  #shown = new Map<string, string>()

  static of(session: SessionLease): SessionNotes {
    const known = session.notes.get(note)
    if (known instanceof SessionNotes) return known
    const notes = new SessionNotes()
    session.notes.set(note, notes)
    return notes
  }

  keepOutput(output: string): void {
    const { text, to, total } = windowOf(output, 0, longestOutput)
    this.output = to < total ? text + notKept : text
  }

  keepCookies(values: readonly string[]): void {
    for (const value of values) {
      if (this.cookies.size < mostCookies) this.cookies.add(value)
    }
  }

  /** Takes note of a snapshot that a model sees. */
  keepShown(snapshot: string): void {
    const refs = parseSnapshot(snapshot).flatMap((node) =>
      node.ref === undefined ? [] : [[node.ref, identityOf(node)] as const],
    )
    this.#shown = new Map(refs)
  }

  /** Whether a ref stood for something else, as far as is known, when a model saw it. */
  hasChanged(node: Parameters<typeof identityOf>[0] & { ref: string }): boolean {
    const shown = this.#shown.get(node.ref)
    return shown !== undefined && shown !== identityOf(node)
  }
}

function identityOf(node: Parameters<typeof labelOf>[0]): string {
  return `${node.role} ${labelOf(node)}`
}
