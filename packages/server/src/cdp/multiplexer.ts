import { CdpClient, type ClientSink } from './client.ts'
import { type CdpMessage, cdpErrorCode } from './message.ts'
import { PageCensus } from './page-census.ts'
import type { PipeTransport } from './pipe-transport.ts'
import { PrivateContexts } from './private-contexts.ts'

/** Chromium's end of the pipe was lost. */
export class BrowserGoneError extends Error {
  override name = 'BrowserGoneError'
}

/** A command that Chromium refused. */
export class CdpCommandError extends Error {
  override name = 'CdpCommandError'
  readonly code: number

  constructor(method: string, error: { code: number; message: string }) {
    super(`${method}: ${error.message}`)
    this.code = error.code
  }
}

/** The browser did not answer a command of the server's in time. */
export class CommandTimeoutError extends Error {
  override name = 'CommandTimeoutError'
}

/** Milliseconds that the server waits for an answer to a command of its own. */
const commandDeadline = 10_000

/** Milliseconds in which an idle page answers; one that does not is running a script. */
const idleProbeDeadline = 300

interface PendingReply {
  /** Undefined for the server's own commands. */
  client: CdpClient | undefined
  settle: (message: CdpMessage) => void
}

/**
 * One pipe to Chromium, shared by many clients.
 *
 * Each client gets a DevTools session of its own (`Target.attachToBrowserTarget`),
 * so auto-attach, discovery, bindings and contexts are per client, as if it were
 * alone. Ids are rewritten on the way, and a client reaches only the sessions
 * that descend from its own.
 */
export class CdpMultiplexer {
  readonly #transport: PipeTransport<CdpMessage>
  readonly #clients = new Set<CdpClient>()
  /** Which client a DevTools session belongs to; the server's own are not in it. */
  readonly #owners = new Map<string, CdpClient>()
  readonly #contexts = new PrivateContexts()
  readonly #census = new PageCensus()
  readonly #replies = new Map<number, PendingReply>()
  #lastId = 0
  #closed = false
  /** Called once, when Chromium is gone. */
  onClose: (() => void) | undefined
  /** Called when a client sends a command. */
  onActivity: (() => void) | undefined

  constructor(transport: PipeTransport<CdpMessage>) {
    this.#transport = transport
    transport.onMessage = (message) => this.#receive(message)
    transport.onClose = () => this.close()
    this.#send('Target.setDiscoverTargets', { discover: true })
  }

  get clientCount(): number {
    return this.#clients.size
  }

  /** Pages that every client sees. */
  get pageCount(): number {
    return this.#census.count((contextId) => !this.#contexts.isPrivate(contextId))
  }

  /**
   * Sends a command of the server's own and gives its result.
   *
   * @throws CdpCommandError when Chromium refuses, BrowserGoneError when it is
   *   gone, CommandTimeoutError when there is no answer within the deadline.
   */
  command<Result>(
    method: string,
    params: Record<string, unknown> = {},
    options: { sessionId?: string; deadline?: number } = {},
  ): Promise<Result> {
    const deadline = options.deadline ?? commandDeadline
    return new Promise<Result>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#replies.delete(id)
        reject(
          new CommandTimeoutError(`${method}: no answer from the browser within ${deadline} ms.`),
        )
      }, deadline)
      const id = this.#send(method, params, options.sessionId, (reply) => {
        clearTimeout(timer)
        if (reply === gone) reject(new BrowserGoneError(`${method}: the browser is gone.`))
        else if (reply.error) reject(new CdpCommandError(method, reply.error))
        else resolve((reply.result ?? {}) as Result)
      })
    })
  }

  /**
   * Lets a client in.
   *
   * @param targetId The page that the client's connection stands for; without
   *   it the connection stands for the whole browser.
   * @param options.isActivity Whether its commands show that somebody uses the
   *   browser. Default: true.
   */
  async connect(
    sink: ClientSink,
    targetId?: string,
    options: { isActivity?: boolean } = {},
  ): Promise<CdpClient> {
    const { sessionId } = await this.command<{ sessionId: string }>(
      targetId === undefined ? 'Target.attachToBrowserTarget' : 'Target.attachToTarget',
      targetId === undefined ? {} : { targetId, flatten: true },
    )
    if (this.#closed) throw new BrowserGoneError('The browser is gone.')
    const client: CdpClient = new CdpClient(sessionId, sink, {
      forward: (message, settle) => {
        const id = this.#register({
          client,
          settle: this.#contexts.observe(client, message, settle),
        })
        if (this.#transport.send({ ...message, id })) return
        this.#replies.delete(id)
        const sentence =
          'The command is nested too deeply, or larger than the 96 MB that the browser takes.'
        settle({
          ...(message.sessionId === undefined ? {} : { sessionId: message.sessionId }),
          error: { code: cdpErrorCode.invalidRequest, message: sentence },
        })
      },
      owns: (candidate) => this.#owners.get(candidate) === client,
      leave: () => this.#leave(client),
      endScripts: () => this.#endScripts(client),
      active: () => {
        if (options.isActivity !== false) this.onActivity?.()
      },
    })
    this.#clients.add(client)
    this.#owners.set(sessionId, client)
    return client
  }

  /** Disconnects every client and fails what is still waited for. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const client of [...this.#clients]) client.close('The browser is gone.')
    for (const reply of this.#replies.values()) reply.settle(gone)
    this.#replies.clear()
    this.#owners.clear()
    this.onClose?.()
  }

  #register(reply: PendingReply): number {
    this.#lastId += 1
    this.#replies.set(this.#lastId, reply)
    return this.#lastId
  }

  #receive(message: CdpMessage): void {
    if (message.id !== undefined) {
      const reply = this.#replies.get(message.id)
      this.#replies.delete(message.id)
      reply?.settle(message)
      return
    }
    if (message.sessionId === undefined) this.#census.observe(message)
    const owner = message.sessionId === undefined ? undefined : this.#owners.get(message.sessionId)
    const child = message.params?.['sessionId']
    if (owner && this.#contexts.hides(owner, message)) {
      if (message.method === 'Target.attachedToTarget') {
        this.#send('Target.detachFromTarget', { sessionId: child }, message.sessionId)
      }
      return
    }
    if (typeof child === 'string') {
      // A session that was opened through a client's session is that client's.
      if (message.method === 'Target.attachedToTarget' && owner) this.#owners.set(child, owner)
      if (message.method === 'Target.detachedFromTarget') this.#forget(child)
    }
    owner?.deliver(message)
  }

  /** Chromium ended a session by itself; when it was a client's own, the client has nothing left. */
  #forget(sessionId: string): void {
    const owner = this.#owners.get(sessionId)
    this.#owners.delete(sessionId)
    if (owner?.sessionId === sessionId) owner.close('The page was closed.')
  }

  /**
   * Takes a client's sessions away. Chromium drops its contexts, bindings and
   * interceptions with its own session.
   */
  #leave(client: CdpClient): void {
    if (!this.#clients.delete(client)) return
    for (const [sessionId, owner] of this.#owners) {
      if (owner === client) this.#owners.delete(sessionId)
    }
    for (const [id, reply] of this.#replies) {
      if (reply.client === client) this.#replies.delete(id)
    }
    this.#contexts.forget(client)
    this.#send('Target.detachFromTarget', { sessionId: client.sessionId })
  }

  /** Ends scripts that still run in the pages which a client is attached to. */
  async #endScripts(client: CdpClient): Promise<void> {
    const sessions = [...this.#owners]
      .filter(([sessionId, owner]) => owner === client && sessionId !== client.sessionId)
      .map(([sessionId]) => sessionId)
    await Promise.all(sessions.map((sessionId) => this.#endScript(sessionId)))
  }

  async #endScript(sessionId: string): Promise<void> {
    const probe = { expression: '0' }
    const options = { sessionId, deadline: idleProbeDeadline }
    try {
      await this.command('Runtime.evaluate', probe, options)
    } catch (error) {
      // Only a page that is silent is stopped: in an idle one, the order would
      // wait for the next script and hit that.
      if (error instanceof CdpCommandError || error instanceof BrowserGoneError) return
      await this.command('Runtime.terminateExecution', {}, options).catch(() => {})
    }
  }

  #send(
    method: string,
    params: Record<string, unknown>,
    sessionId?: string,
    settle: (message: CdpMessage) => void = () => {},
  ): number {
    const id = this.#register({ client: undefined, settle })
    if (this.#closed) {
      this.#replies.delete(id)
      settle(gone)
    } else {
      this.#transport.send({
        id,
        method,
        params,
        ...(sessionId === undefined ? {} : { sessionId }),
      })
    }
    return id
  }
}

const gone: CdpMessage = { error: { code: -32000, message: 'The browser is gone.' } }
