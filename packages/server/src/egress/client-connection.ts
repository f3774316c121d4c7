import type { Socket } from 'node:net'
import type { EgressOrigin } from './problem.ts'
import { UpstreamAgent } from './upstream-agent.ts'

/** Requests that a client may send ahead on one connection. */
const pipelineLimit = 8

/** A connection from inside a session. */
export class ClientConnection {
  readonly origin: EgressOrigin
  readonly #socket: Socket
  readonly #requestMs: number
  #agent: UpstreamAgent | undefined
  #requests = 0
  #timer: NodeJS.Timeout | undefined

  /** @param requestMs Milliseconds without a request, or with one whose headers do not end. */
  constructor(socket: Socket, origin: EgressOrigin, requestMs: number) {
    this.origin = origin
    this.#requestMs = requestMs
    this.#socket = socket
    this.#await()
    socket.once('close', () => {
      clearTimeout(this.#timer)
      this.#agent?.destroy()
    })
  }

  /** Keeps the connections on which its requests went on, until it closes. */
  get agent(): UpstreamAgent {
    this.#agent ??= new UpstreamAgent({ keeps: true })
    return this.#agent
  }

  /** Whether an earlier request on it still waits for the end of its answer. */
  get isBusy(): boolean {
    return this.#requests > 0
  }

  /** @returns false when that request is one too many, and the connection is gone. */
  begin(): boolean {
    clearTimeout(this.#timer)
    this.#requests += 1
    if (this.#requests <= pipelineLimit) return true
    this.#socket.destroy()
    return false
  }

  end(): void {
    this.#requests -= 1
    if (this.#requests === 0 && !this.#socket.destroyed) this.#await()
  }

  /** From now on it is a tunnel, whose silence is watched elsewhere. */
  leaveHttp(): void {
    clearTimeout(this.#timer)
  }

  #await(): void {
    this.#timer = setTimeout(() => this.#socket.destroy(), this.#requestMs)
  }
}
