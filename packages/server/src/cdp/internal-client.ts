import type { CdpClient } from './client.ts'
import { BrowserGoneError, CdpCommandError } from './command-error.ts'
import type { CdpMessage } from './message.ts'
import type { CdpMultiplexer, ConnectOptions } from './multiplexer.ts'

/**
 * A client that is a part of the server, with targets and events of its own. It
 * is let go with the browser. Nothing that it does counts as activity or as an agent's doing,
 * unless told.
 */
export class InternalClient {
  /** Called for every event of the sessions that it has opened. */
  onEvent: ((event: CdpMessage) => void) | undefined
  /** Called once, when the browser is gone. */
  onClose: (() => void) | undefined
  readonly #replies = new Map<number, (reply: CdpMessage) => void>()
  #client: CdpClient | undefined
  #lastId = 0

  private constructor() {}

  static async connect(cdp: CdpMultiplexer, options: ConnectOptions = {}): Promise<InternalClient> {
    const internal = new InternalClient()
    const sink = {
      send: (message: CdpMessage) => internal.#receive(message),
      close: () => internal.#end(),
    }
    const own = { isActivity: false, isDriver: false }
    internal.#client = await cdp.connect(sink, undefined, { ...own, ...options })
    return internal
  }

  /**
   * Sends a command and gives its result. Waits for as long as the browser
   * takes: a page that is busy answers late.
   *
   * @throws CdpCommandError when Chromium refuses, BrowserGoneError when it is gone
   */
  send<Result>(method: string, params: Record<string, unknown>, sessionId?: string) {
    return new Promise<Result>((resolve, reject) => {
      this.#lastId += 1
      const id = this.#lastId
      this.#replies.set(id, (reply) => {
        if (reply === gone) reject(new BrowserGoneError(`${method}: the browser is gone.`))
        else if (reply.error) reject(new CdpCommandError(method, reply.error))
        else resolve((reply.result ?? {}) as Result)
      })
      if (!this.#client) this.#receive({ id, ...gone })
      else this.#client.receive({ id, method, params, ...(sessionId ? { sessionId } : {}) })
    })
  }

  /** Detaches from everything; what it has set is undone. */
  close(): void {
    this.#client?.close('It is not needed any more.')
  }

  #receive(message: CdpMessage): void {
    if (message.id === undefined) {
      this.onEvent?.(message)
      return
    }
    const settle = this.#replies.get(message.id)
    this.#replies.delete(message.id)
    settle?.(message)
  }

  #end(): void {
    this.#client = undefined
    for (const settle of this.#replies.values()) settle(gone)
    this.#replies.clear()
    this.onClose?.()
  }
}

const gone: CdpMessage = {}
