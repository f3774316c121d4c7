import type { AllowEntry } from './allow-entry.ts'
import { type Dial, dialDirectly } from './dial.ts'
import type { EgressRefusal } from './problem.ts'
import { EgressPolicy, type EgressRules } from './policy.ts'
import type { EgressLog } from './refusal-log.ts'
import { type EgressCounters, type EgressDeadlines, SessionEgress } from './session-egress.ts'
import { type ResolveName, SystemNames } from './system-names.ts'

export interface EgressGatewayOptions {
  readonly rules?: EgressRules
  readonly log?: EgressLog
  /** Told of each refusal, whichever session it was in. */
  readonly onRefusal?: (refusal: EgressRefusal) => void
  /** Connections from inside one session at once. */
  readonly connectionLimit?: number
  readonly deadlines?: Partial<EgressDeadlines>
  /** In place of the machine's names: for tests. */
  readonly resolve?: ResolveName
  /** In place of the machine's network, with addresses that have been checked: for tests. */
  readonly dial?: Dial
}

const defaultDeadlines: EgressDeadlines = {
  ...{ resolve: 10_000, connect: 10_000 },
  // Longer than a connection is kept open for its next request.
  request: 75_000,
  idle: 600_000,
}

/** Above what Chromium opens through a proxy (32), with room for three kernels. */
const defaultConnectionLimit = 256

/** The only way out for sessions: one policy, and an identity for each session. */
export class EgressGateway {
  readonly #options: EgressGatewayOptions
  readonly #policy: EgressPolicy
  readonly #resolve: ResolveName
  readonly #sessions = new Set<SessionEgress>()
  #serverPort: number | undefined

  constructor(options: EgressGatewayOptions = {}) {
    this.#options = options
    this.#policy = new EgressPolicy(options.rules, { serverPort: () => this.#serverPort })
    this.#resolve = options.resolve ?? new SystemNames().resolve
  }

  /** Of all sessions that are open. */
  get counters(): EgressCounters & { sessions: number } {
    const sum = { clients: 0, open: 0, total: 0, bytesSent: 0, bytesReceived: 0, refused: 0 }
    for (const { counters } of this.#sessions) {
      for (const name of Object.keys(sum) as (keyof EgressCounters)[]) sum[name] += counters[name]
    }
    return { sessions: this.#sessions.size, ...sum }
  }

  /** Keeps sessions from the port on which the server itself listens. */
  protectPort(port: number): void {
    this.#serverPort = port
  }

  /** @param options.allow Exceptions for this session alone, beside those of the operator. */
  open(sessionId: string, options: { allow?: readonly AllowEntry[] } = {}): SessionEgress {
    const { log, dial = dialDirectly, deadlines, connectionLimit } = this.#options
    const session = new SessionEgress({
      ...{ sessionId, log, dial, resolve: this.#resolve },
      policy: options.allow ? this.#policy.allowing(options.allow) : this.#policy,
      deadlines: { ...defaultDeadlines, ...deadlines },
      connectionLimit: connectionLimit ?? defaultConnectionLimit,
      onClose: () => this.#sessions.delete(session),
    })
    this.#sessions.add(session)
    if (this.#options.onRefusal) session.onRefusal(this.#options.onRefusal)
    return session
  }

  /** Ends the way out of every session. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#sessions, (session) => session.close()))
  }
}
