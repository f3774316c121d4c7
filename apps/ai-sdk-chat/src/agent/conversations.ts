import { randomBytes } from 'node:crypto'
import { SessionPool } from '@tandem-browser/core/pool'

/** Seconds after which a session that nobody uses ends, for instance that of a closed tab. */
const idleLimit = 600

/** One answer that is being given. */
export interface Answer {
  /** Fires when the reader leaves, the conversation ends, or the server stops. */
  signal: AbortSignal
  /** Has to be called when the answer is complete. */
  end: () => void
}

/** The conversations that go on: the browser session of each, and the answers that are being given. */
export class Conversations {
  readonly pool: SessionPool = new SessionPool({ session: { activityTtl: idleLimit } })
  /** Signs the calls that wait for approval, so that a page can approve only what was asked for. */
  readonly approvalSecret: Uint8Array = randomBytes(32)
  readonly #answers = new Map<AbortController, string>()
  #isClosed = false

  /** @param reader fires when nobody reads the answer any more */
  begin(id: string, reader: AbortSignal): Answer {
    const ended = new AbortController()
    if (this.#isClosed) ended.abort(new Error('The server is stopping.'))
    const signal = AbortSignal.any([reader, ended.signal])
    const end = (): void => void this.#answers.delete(ended)
    if (!signal.aborted) {
      this.#answers.set(ended, id)
      signal.addEventListener('abort', end, { once: true })
    }
    return { signal, end }
  }

  /** Ends a conversation: what runs for it, and its session. */
  async end(id: string): Promise<void> {
    this.#abort((each) => each === id)
    await this.pool.release(id)
  }

  /** Ends all of them. May be called again. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#abort(() => true)
    await this.pool.close()
  }

  #abort(isMeant: (id: string) => boolean): void {
    for (const [answer, id] of this.#answers) {
      if (isMeant(id)) answer.abort(new Error('The conversation has ended.'))
    }
  }
}

const place = Symbol.for('tandem.ai-sdk-chat.conversations')

/** Those of this process. Next.js may load this file more than once. */
export function conversations(): Conversations {
  const holder = globalThis as { [place]?: Conversations }
  return (holder[place] ??= new Conversations())
}
