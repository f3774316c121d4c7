import type { BrowserUrlFields } from '../browser-urls.ts'
import { NotFoundError, SessionDestroyedError } from '../errors.ts'
import type { Execution, Interaction } from '../execution.ts'
import type { CallOptions, ExecutionInput, ScrapeOptions } from '../options.ts'
import type { ExecutionStream } from '../run.ts'
import type { Session } from '../session.ts'
import type { Tandem } from '../tandem.ts'

/** A session that a pool holds, however it came to be. */
export interface SessionSource {
  readonly id: string
  readonly urls: Readonly<Required<BrowserUrlFields>>
  /** What is to be known of it as long as it lives. */
  readonly notes: Map<string, unknown>
  execute(input: ExecutionInput): Promise<Execution>
  stream(input: ExecutionInput): ExecutionStream
  end(options: CallOptions): Promise<unknown>
}

/** Whether an error says that there is no such session any more. */
export function isGone(error: unknown): boolean {
  if (SessionDestroyedError.isInstance(error)) return true
  // Without the API's own sentence it is the endpoint that is missing, not the session.
  return NotFoundError.isInstance(error) && typeof error.body === 'object'
}

/** A session of its own. */
export class StandaloneSource implements SessionSource {
  readonly notes: Map<string, unknown> = new Map()
  readonly #session: Session
  readonly #owned: boolean

  /** @param owned Whether `end` ends it; somebody else does otherwise. */
  constructor(session: Session, owned: boolean) {
    this.#session = session
    this.#owned = owned
  }

  get id(): string {
    return this.#session.id
  }

  get urls(): Session {
    return this.#session
  }

  execute({ code, prompt, ...options }: ExecutionInput): Promise<Execution> {
    return code === undefined
      ? this.#session.prompt(prompt, options)
      : this.#session.execute(code, options)
  }

  stream(input: ExecutionInput): ExecutionStream {
    return this.#session.stream(input)
  }

  async end(options: CallOptions): Promise<unknown> {
    return this.#owned ? this.#session.delete(options) : undefined
  }
}

/** How often the first call is made again while the scrape is not known everywhere yet. */
const unknownScrapeRetries = 5
/** Milliseconds between two of these. */
const unknownScrapePause = 500

/** The session of a scrape. */
export class ScrapeSource implements SessionSource {
  readonly notes: Map<string, unknown> = new Map()
  readonly #tandem: Tandem
  readonly #scrapeId: string
  readonly #first: Interaction

  private constructor(tandem: Tandem, scrapeId: string, first: Interaction) {
    this.#tandem = tandem
    this.#scrapeId = scrapeId
    this.#first = first
  }

  /** Scrapes a page and starts the session that goes on from it. */
  static async create(
    tandem: Tandem,
    url: string,
    options: ScrapeOptions | undefined,
  ): Promise<ScrapeSource> {
    const { scrapeId } = (await tandem.scrape(url, options)).metadata
    for (let attempt = 0; ; attempt++) {
      try {
        // The session begins with the first call, and only its answer has the URLs.
        return new ScrapeSource(tandem, scrapeId, await tandem.interact(scrapeId, { code: '0' }))
      } catch (error) {
        // A hosted service may need moments until it knows a scrape that it has just answered.
        const unknown = NotFoundError.isInstance(error) && attempt < unknownScrapeRetries
        if (!unknown) throw await failedStart(tandem, scrapeId, error)
      }
      await new Promise((resolve) => setTimeout(resolve, unknownScrapePause))
    }
  }

  get id(): string {
    return this.#first.sessionId
  }

  get urls(): Interaction {
    return this.#first
  }

  execute(input: ExecutionInput): Promise<Execution> {
    return this.#tandem.interact(this.#scrapeId, input)
  }

  stream(input: ExecutionInput): ExecutionStream {
    return this.#tandem.streamInteraction(this.#scrapeId, input)
  }

  end(options: CallOptions): Promise<unknown> {
    return this.#tandem.stopInteraction(this.#scrapeId, options)
  }
}

/** The call may have started a session although it failed; nobody else would end it. */
async function failedStart(tandem: Tandem, scrapeId: string, error: unknown): Promise<unknown> {
  try {
    await tandem.stopInteraction(scrapeId)
    return error
  } catch (failure) {
    if (NotFoundError.isInstance(failure)) return error
    return new AggregateError([error, failure], (error as Error).message)
  }
}
