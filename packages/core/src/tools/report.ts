import type { SessionLease } from '../pool/session-pool.ts'
import type {
  RenameTool,
  ToolArtifact,
  ToolContext,
  ToolFailure,
  ToolFailureCode,
  ToolImage,
  ToolName,
  ToolSuccess,
} from './contract.ts'
import { ModelRedaction } from './redaction.ts'
import { windowOf } from './text-window.ts'
import { SessionNotes } from './session-notes.ts'
import { markUntrusted, sanitize } from './untrusted-text.ts'

/** Where a foreign text comes from. */
export type Source = 'page' | 'code' | 'agent' | 'browser'

/** Characters of page content or output when nobody says. */
const defaultCharacters = 20_000
/** Characters of an address, a title or an element; longer ones are not for reading. */
const longestName = 500
/** Characters of what the browser says of a failure. */
const longestMessage = 1500

/** Collects what one call has to say, to the model and to the application. */
export class Report {
  readonly tool: RenameTool
  readonly artifact: ToolArtifact
  /** Characters that a result may hold. */
  readonly maxCharacters: number
  /** What is known of the session; of none when there is none. */
  readonly notes: SessionNotes
  readonly #context: ToolContext
  readonly #redaction: ModelRedaction
  readonly #parts: string[] = []
  readonly #images: ToolImage[] = []
  #nextOffset: number | undefined

  constructor(name: ToolName, context: ToolContext, session?: SessionLease) {
    const { rename, settings } = context
    this.#context = context
    this.tool = rename ?? ((own) => own)
    this.artifact = { tool: name }
    this.maxCharacters = Math.max(settings?.maxCharacters ?? defaultCharacters, 200)
    this.notes = session ? SessionNotes.of(session) : new SessionNotes()
    this.#redaction = new ModelRedaction(session, settings?.secrets)
    if (!session) return
    const { id, liveViewUrl, interactiveLiveViewUrl, replaced } = session
    this.artifact.session = { id, liveViewUrl, interactiveLiveViewUrl }
    if (replaced) this.artifact.replaced = true
  }

  /** Tells the application what begins. */
  progress(message: string): void {
    this.#context.onProgress?.({ type: 'step', message })
  }

  /** Adds a sentence of our own. Nothing that a page or code made belongs here. */
  say(text: string): this {
    if (text) this.#parts.push(text)
    return this
  }

  /** A foreign text as a model may read it. */
  clean(text: string): string {
    return this.#redaction.apply(sanitize(text), this.notes.cookies)
  }

  /** Adds a foreign text that was cleaned. */
  quote(source: Source, text: string): this {
    if (text) this.#parts.push(markUntrusted(source, text))
    return this
  }

  /** Adds lines of a snapshot, each of them short. */
  quoteElements(lines: readonly string[]): this {
    const short = lines.map((line) => windowOf(this.clean(line), 0, longestName).text)
    return this.quote('page', short.join('\n'))
  }

  /** Adds what the browser said of a failure. */
  quoteMessage(text: string): this {
    return this.quote('browser', windowOf(this.clean(text), 0, longestMessage).text)
  }

  /**
   * Adds a part of a long foreign text, and how to read the rest.
   *
   * @param head lines above it, cleaned
   * @param more how the model gets the part from an offset on
   */
  quoteWindow(
    source: Source,
    head: string,
    text: string,
    { offset = 0, maximum = this.maxCharacters, more }: QuoteOptions,
  ): this {
    const { text: part, from, to, total } = windowOf(this.clean(text), offset, maximum)
    this.quote(source, [head, part.trimEnd()].filter(Boolean).join('\n\n'))
    if (to < total) {
      this.#nextOffset = to
      this.say(`Shown: characters ${from} to ${to} of ${total}. For the rest: ${more(to)}.`)
    } else if (from > 0) {
      this.say(`Shown: characters ${from} to ${total} of ${total}; this is the end.`)
    }
    return this
  }

  /** Title and address of a page, as the first lines of a quotation. */
  headOf({ url, title }: { url: string; title: string }): string {
    const short = (text: string) =>
      windowOf(this.clean(text).replace(/\s+/g, ' '), 0, longestName).text
    return `Title: ${short(title)}\nAddress: ${short(url)}`
  }

  image(image: ToolImage): this {
    this.#images.push(image)
    return this
  }

  ok(): ToolSuccess {
    return { status: 'ok', ...this.#finish() }
  }

  failure(code: ToolFailureCode, hint = ''): ToolFailure {
    this.say(hint)
    return { status: 'error', code, ...this.#finish() }
  }

  #finish(): Omit<ToolSuccess, 'status'> {
    const offset = this.#nextOffset
    return {
      text: this.#parts.join('\n\n'),
      images: this.#images,
      ...(offset !== undefined && { nextOffset: offset }),
      artifact: this.artifact,
    }
  }
}

interface QuoteOptions {
  offset?: number | undefined
  maximum?: number | undefined
  more: (offset: number) => string
}
