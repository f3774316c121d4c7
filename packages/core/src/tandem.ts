import type { Interaction } from './execution.ts'
import type {
  CallOptions,
  EndedSession,
  InteractOptions,
  Scrape,
  ScrapeOptions,
  TandemOptions,
} from './options.ts'
import { run, stream, type ExecutionStream } from './run.ts'
import { Sessions } from './sessions.ts'
import { Transport } from './transport.ts'
import type { ScrapeResponse } from './scrape-types.ts'

/** A client of the Interact API v2. Making one reads nothing and sends nothing. */
export class Tandem {
  /** Sessions that stand on their own. */
  readonly sessions: Sessions
  readonly #transport: Transport

  constructor(options: TandemOptions = {}) {
    this.#transport = new Transport({ ...options })
    this.sessions = new Sessions(this.#transport)
  }

  /** Loads a page and returns it in the formats asked for. Its `metadata.scrapeId` is what `interact` takes. */
  async scrape(
    url: string,
    { signal, idempotencyKey, ...options }: ScrapeOptions = {},
  ): Promise<Scrape> {
    const { data, requestId } = await this.#transport.json<ScrapeResponse>(
      {
        method: 'POST',
        path: ['scrape'],
        body: { ...options, url },
        idempotencyKey,
        serverTime: options.timeout ?? 30_000,
        signal,
      },
      'data',
    )
    return requestId === undefined ? data.data : { ...data.data, requestId }
  }

  /**
   * Runs code, or a task in words, on the page of a scrape. The first call
   * starts the session of that scrape. Code that fails does not throw: see
   * `ok` of the result.
   */
  interact(scrapeId: string, input: InteractOptions): Promise<Interaction> {
    return run(this.#transport, ['scrape', scrapeId, 'interact'], input) as Promise<Interaction>
  }

  /** Like `interact`, but yields what happens while it does. */
  streamInteraction(scrapeId: string, input: InteractOptions): ExecutionStream<Interaction> {
    return stream(
      this.#transport,
      ['scrape', scrapeId, 'interact'],
      input,
    ) as ExecutionStream<Interaction>
  }

  /** Ends the session of a scrape. May be repeated. */
  stopInteraction(scrapeId: string, options?: CallOptions): Promise<EndedSession> {
    return this.#transport.end(['scrape', scrapeId, 'interact'], options)
  }
}
