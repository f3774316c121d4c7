import type { LargeReply } from './large-reply.ts'
import { type CdpMessage, cdpErrorCode } from './message.ts'
import type { CommandPolicy } from './policy/command-policy.ts'
import type { TargetView } from './target-view.ts'

/** Where a client's messages go: a WebSocket, a kernel's pipe, a library in this process. */
export interface ClientSink {
  send(message: CdpMessage): void
  /** Sends the text of a large message, if there is a way to do it without reading it. */
  sendText?(text: Buffer): void
  /** Called once, when the server ends the connection. */
  close(reason: string): void
  /** Called when the browser does not keep up: the client should be read again after `resume` only. */
  pause?(): void
  resume?(): void
}

/** Who takes the answer to a command. */
export interface ReplyHandlers {
  settle: (answer: CdpMessage) => void
  settleLarge: (answer: LargeReply) => void
}

/** What a client needs of the multiplexer. */
interface Exchange {
  readonly view: TargetView
  readonly policy: CommandPolicy
  forward(message: CdpMessage, reply: ReplyHandlers): void
  owns(sessionId: string): boolean
  leave(): void
  endScripts(): Promise<void>
  active(): void
  /** Whether a command has to wait until a person gives the browser back. */
  holds(message: CdpMessage): boolean
}

/** Commands of one client that wait for a person at the most, with what came after them. */
const maximumHeld = 1_000

/** One client's connection to a browser that others use too. */
export class CdpClient {
  /** The DevTools session that stands for the client's root. */
  readonly sessionId: string
  readonly #sink: ClientSink
  readonly #exchange: Exchange
  /** What waits until a person gives the browser back, in its order. */
  #held: CdpMessage[] = []
  #closed = false
  #cutOff: Promise<void> | undefined

  constructor(sessionId: string, sink: ClientSink, exchange: Exchange) {
    this.sessionId = sessionId
    this.#sink = sink
    this.#exchange = exchange
  }

  /** What it gets to see of the browser's targets. */
  get view(): TargetView {
    return this.#exchange.view
  }

  /** Takes a message from the client. */
  receive(message: CdpMessage): void {
    if (this.#closed || this.#cutOff) return
    const problem = problemOf(message)
    if (problem !== undefined) {
      this.#refuse(message, problem)
      return
    }
    this.#exchange.active()
    if (this.#held.length === 0 && !this.#exchange.holds(message)) this.#carryOut(message)
    else if (this.#held.length < maximumHeld) this.#held.push(message)
    else this.#refuse(message, 'A person has the browser, and too many commands wait already.')
  }

  /** Lets commands go on that waited for a person. */
  releaseHeld(): void {
    const held = this.#held
    this.#held = []
    for (const [index, message] of held.entries()) {
      if (this.#closed || this.#cutOff) return
      if (this.#exchange.holds(message)) {
        // Taken again meanwhile.
        this.#held = held.slice(index)
        return
      }
      this.#carryOut(message)
    }
  }

  #carryOut(message: CdpMessage): void {
    if (message.sessionId !== undefined && !this.#exchange.owns(message.sessionId)) {
      const { sessionNotFound: code } = cdpErrorCode
      const error = { code, message: 'Session with given id not found.' }
      this.#sink.send({ id: message.id as number, error })
      return
    }
    const { method, params } = message
    const decision = this.#exchange.policy.decide(method as string, params ?? undefined)
    switch (decision.kind) {
      case 'refuse':
        this.#sink.send({ ...answerTo(message), error: decision.error })
        return
      case 'disconnect':
        this.#sink.send({ ...answerTo(message), result: {} })
        this.close('The client closed its browser; the session goes on.')
        return
      case 'forward':
        this.#forward(message, decision.parameters)
    }
  }

  /** Passes a large answer from Chromium on to the client, to whom it has that id. */
  deliverLarge(reply: LargeReply, id: number): void {
    if (this.#closed || this.#cutOff) return
    const text = reply.rewrite(id, reply.sessionId !== this.sessionId)
    if (this.#sink.sendText) this.#sink.sendText(text)
    else this.#sink.send(JSON.parse(text.toString('utf8')) as CdpMessage)
  }

  /** Passes a message from Chromium on to the client. */
  deliver(message: CdpMessage): void {
    if (this.#closed || this.#cutOff) return
    if (message.sessionId === this.sessionId) {
      const { sessionId: _, ...rest } = message
      this.#sink.send(rest)
    } else {
      this.#sink.send(message)
    }
  }

  /** Whether the client's messages can be taken at the moment. */
  set paused(paused: boolean) {
    if (paused) this.#sink.pause?.()
    else this.#sink.resume?.()
  }

  /**
   * Cuts the client off: nothing that it sends from now on has an effect, and
   * what it left running in the pages is ended before it is let go. May be
   * called again.
   */
  async cutOff(reason: string): Promise<void> {
    if (this.#closed) return
    this.#cutOff ??= this.#exchange.endScripts().then(() => this.#end(reason))
    await this.#cutOff
  }

  /** The client is gone, or has to go: frees what it held. May be called again. */
  close(reason: string): void {
    // One that is being cut off keeps its sessions until its scripts have ended.
    if (!this.#closed && !this.#cutOff) this.#end(reason)
  }

  #end(reason: string): void {
    this.#closed = true
    this.#held = []
    this.#exchange.leave()
    this.#sink.close(reason)
  }

  #forward(message: CdpMessage, params: CdpMessage['params']): void {
    const clientId = message.id as number
    const { method, sessionId = this.sessionId } = message
    this.#exchange.forward(
      {
        ...(method === undefined ? {} : { method }),
        // Null for "none" is common, and not read by all of Chromium.
        ...(params ? { params } : {}),
        sessionId,
      },
      {
        settle: (answer) => this.deliver({ ...answer, id: clientId }),
        settleLarge: (answer) => this.deliverLarge(answer, clientId),
      },
    )
  }

  #refuse(message: CdpMessage, reason: string): void {
    const id = Number.isInteger(message.id) ? { id: message.id as number } : {}
    this.#sink.send({ ...id, error: { code: cdpErrorCode.invalidRequest, message: reason } })
  }
}

/** Chromium does not answer what it cannot read, and nobody should wait for ever. */
function problemOf({ id, method, params, sessionId }: CdpMessage): string | undefined {
  if (!Number.isInteger(id) || typeof method !== 'string') {
    return 'A message needs a whole number as id and a string as method.'
  }
  if (params !== undefined && (typeof params !== 'object' || Array.isArray(params))) {
    return 'The params of a message must be an object.'
  }
  if (sessionId !== undefined && typeof sessionId !== 'string') {
    return 'The sessionId of a message must be a string.'
  }
  return undefined
}

function answerTo({ id, sessionId }: CdpMessage): CdpMessage {
  return { id: id as number, ...(sessionId === undefined ? {} : { sessionId }) }
}
