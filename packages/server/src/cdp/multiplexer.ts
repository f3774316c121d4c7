import { CdpClient, type ClientSink, type ReplyHandlers } from './client.ts'
import { BrowserGoneError, CdpCommandError, CommandTimeoutError } from './command-error.ts'
import { DownloadSettings } from './download-settings.ts'
import { DrivenTargets } from './driven-targets.ts'
import { drives } from './driving-commands.ts'
import { explained } from './explained-navigation.ts'
import { LargeReply, largeReplyBytes } from './large-reply.ts'
import { type CdpMessage, cdpErrorCode } from './message.ts'
import { PageCensus } from './page-census.ts'
import { PendingReplies } from './pending-replies.ts'
import type { PipeTransport } from './pipe-transport.ts'
import { CommandPolicy, type CommandPolicyOptions } from './policy/command-policy.ts'
import type { PolicyCounters } from './policy/counters.ts'
import { PrivateContexts } from './private-contexts.ts'
import { releaseMemory } from './release-memory.ts'
import { Responsiveness } from './responsiveness.ts'
import { TargetView } from './target-view.ts'
import { type TargetInfo, isBrowserInterface } from './targets.ts'

/** Milliseconds that the server waits for an answer to a command of its own. */
const commandDeadline = 10_000

/** Bytes of commands that wait for the browser; above that no more are read from clients. */
const maximumWaitingBytes = 4 * 1024 * 1024

/** Milliseconds in which an idle page answers; one that does not is running a script. */
const idleProbeDeadline = 300

/** What kind of client it is. */
export interface ConnectOptions {
  /** Whether its commands show that somebody uses the browser. Default: true. */
  isActivity?: boolean
  /** Whether it sees every page: those of other clients' contexts, and those that do not answer. */
  seesAll?: boolean
  /**
   * Whether what it does to pages is an agent's doing: it waits while a person has the browser, and
   * shows which tab is worked on. Default: true.
   */
  isDriver?: boolean
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
  /** Those of them that stand for agents. */
  readonly #drivers = new Set<CdpClient>()
  /** Which client a DevTools session belongs to; the server's own are not in it. */
  readonly #owners = new Map<string, CdpClient>()
  readonly #contexts = new PrivateContexts<CdpClient>()
  readonly #census = new PageCensus()
  readonly #downloads: DownloadSettings<CdpClient>
  readonly #policy: CommandPolicy
  readonly #responsiveness: Responsiveness
  readonly #replies = new PendingReplies<CdpClient>()
  readonly #driven = new DrivenTargets()
  #paused = false
  #held = false
  #closed = false
  /** Called once, when Chromium is gone. */
  onClose: (() => void) | undefined
  /** Why the network policy stopped a navigation to that address; undefined when it did not. */
  explainNavigation: ((address: string) => string | undefined) | undefined
  /** Called when a client sends a command. */
  onActivity: (() => void) | undefined
  /** Called when an agent drives a page, with the page's target. */
  onDrive: ((targetId: string) => void) | undefined

  constructor(transport: PipeTransport<CdpMessage>, options: CommandPolicyOptions) {
    this.#transport = transport
    this.#policy = new CommandPolicy(options)
    this.#responsiveness = new Responsiveness(this)
    this.#responsiveness.onAnswer = (targetId) => this.#release(targetId)
    transport.onMessage = (message) => this.#receive(message)
    transport.onBytes = (bytes) => bytes.length >= largeReplyBytes && this.#receiveLarge(bytes)
    transport.onClose = () => this.close()
    transport.onDrain = () => this.#pause(false)
    this.#send('Target.setDiscoverTargets', { discover: true })
    this.#downloads = new DownloadSettings(this.#policy.work.downloads)
    this.#sendAgain(this.#downloads.initial)
  }

  get clientCount(): number {
    return this.#clients.size
  }

  /** Pages that every client sees. */
  get pageCount(): number {
    return this.#census.count((contextId) => !this.#contexts.isPrivate(contextId))
  }

  /** What the policy has refused so far, and what it did not know. */
  get policyCounters(): PolicyCounters {
    return this.#policy.counters
  }

  /**
   * The ids of the pages, and of frames in processes of their own, that do not
   * answer: a script keeps them busy, a dialog is open, or their process is
   * stopped or has crashed. Takes up to 1.5 seconds when there is one.
   */
  findUnresponsive(): Promise<string[]> {
    return this.#responsiveness.findUnresponsive(
      (target) =>
        !isBrowserInterface(target) && !this.#contexts.isPrivate(target.browserContextId ?? ''),
    )
  }

  /**
   * Sends a command of the server's own and gives its result.
   *
   * @param options The session it is for, and milliseconds until it must have
   *   been answered: 10 seconds unless told, and Infinity for as long as that session lasts.
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
      const onTimeout = (): void => {
        this.#replies.delete(id)
        const sentence = `${method}: no answer from the browser within ${deadline} ms.`
        reject(new CommandTimeoutError(sentence))
      }
      const timer = deadline === Infinity ? undefined : setTimeout(onTimeout, deadline)
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
   */
  async connect(
    sink: ClientSink,
    targetId?: string,
    options: ConnectOptions = {},
  ): Promise<CdpClient> {
    const { isActivity = true, seesAll = false, isDriver = true } = options
    const [{ sessionId }, unresponsive] = await Promise.all([
      this.command<{ sessionId: string }>(
        targetId === undefined ? 'Target.attachToBrowserTarget' : 'Target.attachToTarget',
        targetId === undefined ? {} : { targetId, flatten: true },
      ),
      // Who asks for a page by its id gets it, whatever its state.
      targetId === undefined && !seesAll ? this.findUnresponsive() : [],
    ])
    if (this.#closed) throw new BrowserGoneError('The browser is gone.')
    const view: TargetView = new TargetView(sessionId, {
      isForeign: (context) => !seesAll && this.#contexts.isForeign(context, client),
      // One may have answered since.
      unresponsive: unresponsive.filter((silent) => this.#responsiveness.isSilent(silent)),
    })
    const client: CdpClient = new CdpClient(sessionId, sink, {
      view,
      policy: this.#policy,
      forward: (message, reply) => this.#forward(client, message, reply),
      owns: (candidate) => this.#owners.get(candidate) === client,
      leave: () => this.#leave(client),
      endScripts: () => this.#endScripts(client),
      active: () => {
        if (isActivity) this.onActivity?.()
      },
      holds: (message) => this.#held && isDriver && drives(message),
    })
    this.#clients.add(client)
    this.#owners.set(sessionId, client)
    if (isDriver) this.#drivers.add(client)
    if (targetId !== undefined) this.#driven.attached(sessionId, { targetId, type: 'page' })
    if (this.#paused) client.paused = true
    return client
  }

  /**
   * Whether a person has the browser for himself: what drives pages then waits, in its order, with
   * all that its client sends after it.
   */
  set held(held: boolean) {
    this.#held = held
    if (!held) for (const client of [...this.#clients]) client.releaseHeld()
  }

  /** Disconnects every client and fails what is still waited for. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const client of [...this.#clients]) client.close('The browser is gone.')
    this.#replies.settleAll(gone)
    this.#owners.clear()
    this.onClose?.()
  }

  #forward(client: CdpClient, message: CdpMessage, { settle, settleLarge }: ReplyHandlers): void {
    const driven = this.#drivers.has(client) ? this.#driven.drivenBy(message) : undefined
    if (driven !== undefined) this.onDrive?.(driven)
    const seen = client.view.observe(
      message,
      explained(message, settle, (address) => this.explainNavigation?.(address)),
    )
    const observed = this.#contexts.observe(client, message, seen)
    const id = this.#replies.add({
      client,
      settle: observed,
      // What somebody wants to see is read.
      ...(observed === settle ? { settleLarge } : {}),
    })
    if (this.#transport.send({ ...message, id })) {
      this.#downloads.observe(client, message)
      if (this.#transport.bufferedBytes > maximumWaitingBytes) this.#pause(true)
      return
    }
    this.#replies.delete(id)
    const sentence =
      'The command is nested too deeply, or larger than the 96 MB that the browser takes.'
    settle({
      ...(message.sessionId === undefined ? {} : { sessionId: message.sessionId }),
      error: { code: cdpErrorCode.invalidRequest, message: sentence },
    })
  }

  /** Holds all clients while the browser does not read, and lets them go on after it has. */
  #pause(paused: boolean): void {
    if (paused === this.#paused) return
    this.#paused = paused
    for (const client of this.#clients) client.paused = paused
  }

  /** Whether a large message is done with, without being read. */
  #receiveLarge(bytes: Buffer<ArrayBuffer>): boolean {
    const answer = LargeReply.read(bytes)
    if (!answer) return false
    const reply = this.#replies.get(answer.id)
    if (!reply) {
      // Whoever asked is gone.
      releaseMemory(bytes)
      return true
    }
    if (!reply.settleLarge) return false
    this.#replies.delete(answer.id)
    reply.settleLarge(answer)
    return true
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
    if (message.method === 'Target.detachedFromTarget' && typeof child === 'string') {
      this.#forget(child)
    }
    if (!owner) return
    const { deliver, detach } = owner.view.take(message)
    if (detach) {
      // Chromium would go on holding a page that waits for the word of its new session.
      if (message.params?.['waitingForDebugger'] === true) {
        this.#send('Runtime.runIfWaitingForDebugger', {}, String(child))
      }
      this.#send('Target.detachFromTarget', { sessionId: child }, message.sessionId)
    }
    for (const event of deliver) this.#deliver(owner, event)
  }

  #deliver(owner: CdpClient, message: CdpMessage): void {
    const child = message.params?.['sessionId']
    // A session that was opened through a client's session is that client's.
    if (message.method === 'Target.attachedToTarget' && typeof child === 'string') {
      this.#owners.set(child, owner)
      this.#driven.attached(child, message.params?.['targetInfo'] as TargetInfo)
    }
    owner.deliver(message)
  }

  /** Shows a target that answers again to those from whom it was hidden. */
  #release(targetId: string): void {
    for (const client of this.#clients) {
      for (const message of client.view.release(targetId)) {
        if (this.#owners.get(message.sessionId ?? '') === client) this.#deliver(client, message)
      }
    }
  }

  /** Chromium ended a session by itself; when it was a client's own, the client has nothing left. */
  #forget(sessionId: string): void {
    const owner = this.#owners.get(sessionId)
    this.#owners.delete(sessionId)
    this.#driven.detached(sessionId)
    this.#replies.settleSession(sessionId, detached)
    if (owner?.sessionId === sessionId) owner.close('The page was closed.')
  }

  /**
   * Takes a client's sessions away. Chromium drops its contexts, bindings and
   * interceptions with its own session.
   */
  #leave(client: CdpClient): void {
    if (!this.#clients.delete(client)) return
    this.#drivers.delete(client)
    for (const [sessionId, owner] of this.#owners) {
      if (owner !== client) continue
      this.#owners.delete(sessionId)
      this.#driven.detached(sessionId)
    }
    this.#replies.deleteOf(client)
    this.#contexts.forget(client)
    this.#send('Target.detachFromTarget', { sessionId: client.sessionId })
    for (const command of this.#downloads.forget(client)) this.#sendAgain(command)
  }

  /** Sends a command of which nobody waits for the answer. */
  #sendAgain({ method, params, sessionId }: CdpMessage): void {
    this.#send(method as string, params ?? {}, sessionId)
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
    const id = this.#replies.add({ client: undefined, sessionId, settle })
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

const detached: CdpMessage = {
  error: { code: cdpErrorCode.sessionNotFound, message: 'The page is gone.' },
}

const gone: CdpMessage = { error: { code: -32000, message: 'The browser is gone.' } }
