import { CapabilityToken } from '../keys/capability-token.ts'

/** Milliseconds in which a ticket has to be used. */
const lifetime = 30_000

/** Tickets that are open at the most; the oldest goes when there is one more. */
const maximumTickets = 1_000

/** What a ticket lets somebody do. */
export interface Admission {
  sessionId: string
  interactive: boolean
}

interface Ticket extends Admission {
  token: CapabilityToken
  until: number
}

/**
 * Short-lived words for a capability. The secret of a live view never travels in an address; what does,
 * since a WebSocket has nothing else, is a ticket that opens one connection and is worth nothing then.
 */
export class Tickets {
  #tickets: Ticket[] = []

  /** Tickets that somebody may still use. */
  get count(): number {
    this.#forgetOld()
    return this.#tickets.length
  }

  /** Makes a ticket. */
  issue(admission: Admission): string {
    this.#forgetOld()
    if (this.#tickets.length >= maximumTickets) this.#tickets.shift()
    const token = new CapabilityToken()
    this.#tickets.push({ ...admission, token, until: Date.now() + lifetime })
    return token.reveal()
  }

  /** Takes a ticket, which nobody can use again; undefined when it is none, or too old. */
  take(sessionId: string, ticket: string): Admission | undefined {
    this.#forgetOld()
    const found = this.#tickets.find(
      (candidate) => candidate.sessionId === sessionId && candidate.token.matches(ticket),
    )
    if (!found) return undefined
    this.#tickets = this.#tickets.filter((other) => other !== found)
    return { sessionId, interactive: found.interactive }
  }

  #forgetOld(): void {
    const now = Date.now()
    this.#tickets = this.#tickets.filter(({ until }) => until > now)
  }
}
