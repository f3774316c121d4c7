import type { LargeReply } from './large-reply.ts'
import type { CdpMessage } from './message.ts'

/** Who waits for the answer to a command. */
export interface PendingReply<Client> {
  /** Undefined for the server's own commands. */
  client: Client | undefined
  /** The session that the command went to. */
  sessionId?: string | undefined
  settle: (answer: CdpMessage) => void
  /** Takes a large answer as it is. */
  settleLarge?: ((answer: LargeReply) => void) | undefined
}

/** The commands that Chromium has not answered yet, under the ids that it knows them by. */
export class PendingReplies<Client> {
  readonly #replies = new Map<number, PendingReply<Client>>()
  #lastId = 0

  /** @returns The id of the command. */
  add(reply: PendingReply<Client>): number {
    this.#lastId += 1
    this.#replies.set(this.#lastId, reply)
    return this.#lastId
  }

  get(id: number): PendingReply<Client> | undefined {
    return this.#replies.get(id)
  }

  /** Forgets a command; its answer is for nobody then. */
  delete(id: number): void {
    this.#replies.delete(id)
  }

  /** Forgets the commands of a client. */
  deleteOf(client: Client): void {
    for (const [id, reply] of this.#replies) {
      if (reply.client === client) this.#replies.delete(id)
    }
  }

  /** Answers the server's own commands to a session that Chromium will answer no more. */
  settleSession(sessionId: string, answer: CdpMessage): void {
    for (const [id, reply] of this.#replies) {
      if (reply.client !== undefined || reply.sessionId !== sessionId) continue
      this.#replies.delete(id)
      reply.settle(answer)
    }
  }

  settleAll(answer: CdpMessage): void {
    const replies = [...this.#replies.values()]
    this.#replies.clear()
    for (const reply of replies) reply.settle(answer)
  }
}
