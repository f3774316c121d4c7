import type { Socket } from 'node:net'
import limit from 'p-limit'
import { type Dial, dialFirst } from './dial.ts'
import { destroyed } from './destroyed.ts'
import type { EgressPolicy } from './policy.ts'
import { EgressError, type EgressOrigin, failure, type FailureRule } from './problem.ts'
import { codeOf, type ResolveName } from './system-names.ts'
import type { Target } from './target.ts'

export interface OutboundOptions {
  readonly policy: EgressPolicy
  readonly resolve: ResolveName
  readonly dial: Dial
  /** Milliseconds. */
  readonly deadlines: { readonly resolve: number; readonly connect: number }
}

/** More answers than any honest name has. */
const addressLimit = 64

/** Names of one session that are looked up at once, so that one session cannot occupy them all. */
const lookupsAtOnce = 16

/** The connections of one session to the outside: each resolved once, checked, then dialled. */
export class Outbound {
  readonly #options: OutboundOptions
  readonly #open = new Set<Socket>()
  readonly #lookups = limit(lookupsAtOnce)
  readonly #attempts = new Set<AbortController>()
  #ended: Error | undefined
  #total = 0
  #closedSent = 0
  #closedReceived = 0

  constructor(options: OutboundOptions) {
    this.#options = options
  }

  /** Connections and bytes, of those that are open and those that were. */
  get counters(): { open: number; total: number; bytesSent: number; bytesReceived: number } {
    let bytesSent = this.#closedSent
    let bytesReceived = this.#closedReceived
    for (const socket of this.#open) {
      bytesSent += socket.bytesWritten
      bytesReceived += socket.bytesRead
    }
    return { open: this.#open.size, total: this.#total, bytesSent, bytesReceived }
  }

  /**
   * A connection to one of the addresses that the policy has just seen.
   *
   * @throws EgressError when it may not or cannot be made; the signal's reason.
   */
  async connect(target: Target, origin: EgressOrigin, signal: AbortSignal): Promise<Socket> {
    const { policy, dial, deadlines } = this.#options
    const early = policy.refusalOfTarget(target, origin)
    if (early) throw new EgressError(early)
    const addresses = target.isAddress ? [target.host] : await this.#resolve(target, signal)
    const refusal = policy.refusalOfAddresses(target, addresses)
    if (refusal) throw new EgressError(refusal)

    const socket = await this.#within(
      deadlines.connect,
      'connection-timeout',
      target,
      signal,
      (ends) => dialFirst(addresses, target.port, { dial, signal: ends }),
    ).catch((error: unknown) => {
      throw this.#isGivenUp(error, signal) ? error : failed(dialFailure(error), target)
    })
    this.#keep(socket)
    return socket
  }

  /** Ends every connection and every attempt; settles when they are gone. */
  async close(): Promise<void> {
    this.#ended = new Error('The session has ended.')
    for (const attempt of this.#attempts) attempt.abort(this.#ended)
    await Promise.all(Array.from(this.#open, destroyed))
  }

  async #resolve(target: Target, signal: AbortSignal): Promise<readonly string[]> {
    const { resolve, deadlines } = this.#options
    const addresses = await this.#within(
      deadlines.resolve,
      'name-timeout',
      target,
      signal,
      (ends) => this.#lookups(async () => (ends.aborted ? [] : await resolve(target.host, ends))),
    ).catch((error: unknown) => {
      throw this.#isGivenUp(error, signal) ? error : failed(nameFailure(error), target)
    })
    if (addresses.length === 0) throw failed('name-not-found', target)
    // Those beyond the limit would go unchecked, or cost everybody's time.
    if (addresses.length > addressLimit) throw failed('name-failure', target)
    return addresses
  }

  /** By its deadline, by the client or with the session: then the error says so already. */
  #isGivenUp(error: unknown, signal: AbortSignal): boolean {
    return error instanceof EgressError || signal.aborted || this.#ended !== undefined
  }

  #keep(socket: Socket): void {
    this.#open.add(socket)
    this.#total += 1
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#closedSent += socket.bytesWritten
      this.#closedReceived += socket.bytesRead
    })
    if (this.#ended) socket.destroy()
  }

  /** Work that is ended by its deadline, by the client and by the session's end. */
  async #within<T>(
    ms: number,
    rule: FailureRule,
    target: Target,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.#ended) throw this.#ended
    signal.throwIfAborted()
    const attempt = new AbortController()
    const giveUp = (): void => attempt.abort(signal.reason)
    const timer = setTimeout(() => attempt.abort(failed(rule, target)), ms)
    this.#attempts.add(attempt)
    signal.addEventListener('abort', giveUp)
    try {
      const ended = new Promise<never>((_resolve, reject) => {
        attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason as Error))
      })
      return await Promise.race([work(attempt.signal), ended])
    } finally {
      clearTimeout(timer)
      this.#attempts.delete(attempt)
      signal.removeEventListener('abort', giveUp)
    }
  }
}

function failed(rule: FailureRule, target: Target): EgressError {
  return new EgressError(failure(rule, target))
}

function nameFailure(error: unknown): FailureRule {
  const code = codeOf(error)
  if (code === 'ENOTFOUND' || code === 'ENODATA') return 'name-not-found'
  return code === 'ETIMEOUT' ? 'name-timeout' : 'name-failure'
}

function dialFailure(error: unknown): FailureRule {
  const code = codeOf(error)
  if (code === 'ECONNREFUSED') return 'connection-refused'
  return code === 'ETIMEDOUT' ? 'connection-timeout' : 'connection-failure'
}
