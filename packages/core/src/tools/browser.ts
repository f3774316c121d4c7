import { BrowserServiceError, NotConfiguredError } from '../errors.ts'
import type { Execution } from '../execution.ts'
import type { SessionLease } from '../pool/session-pool.ts'
import { redact } from '../redact.ts'
import {
  type BatchOutput,
  type BrowserCommand,
  browserScript,
  type CommandBatch,
  type CommandOutcome,
  readOutcomes,
  splitOutput,
} from './browser-script.ts'
import { secretCookies } from './redaction.ts'
import { SessionNotes } from './session-notes.ts'
import { compact } from './snapshot.ts'

/** A page as a driver of it sees it. */
export interface PageState {
  url: string
  title: string
  /** The accessibility tree, a line an element, with refs. */
  snapshot: string
}

/** Why a page cannot be seen at the moment. */
export type PageProblem =
  /** A dialog blocks it; `text` is what agent-browser says of it. */
  | { kind: 'dialog'; text: string }
  /** Its snapshot is larger than what an execution may print. */
  | { kind: 'too_large'; text: string }
  /** It did not answer in time. */
  | { kind: 'timeout'; text: string }
  | { kind: 'failed'; text: string }

/** The page, or why it cannot be seen. */
export type PageView =
  | { page: PageState; problem?: undefined }
  | { page?: undefined; problem: PageProblem }

/** What became of commands, and the page after them. */
export interface Performed {
  /** As many as were carried out. */
  outcomes: readonly CommandOutcome[]
  view: PageView
  /** What was read of the page after it was looked at; nothing when it could not be seen. */
  reads: readonly CommandOutcome[]
  /** What lines of our own printed. */
  extra?: BatchOutput | undefined
}

/** For what no model may read. Not in one batch with anything that matters: not every server has it. */
const readCookies: CommandBatch = { commands: [['cookies', 'get']] }

/** How the page is looked at. A dialog would hold every command but the first for half a minute. */
const look: readonly BrowserCommand[] = [['snapshot'], ['get', 'title']]

interface PerformOptions {
  /** Whether the first failure ends the commands. */
  bail?: boolean
  /** Commands that read the page after it was looked at. */
  reads?: readonly BrowserCommand[]
  /** Lines of bash, of our own making, to run at the end. */
  extra?: string
}

/** The page of a session, driven by the agent-browser CLI in its bash. */
export class Browser {
  readonly #session: SessionLease
  /** Seconds. */
  readonly #timeout: number

  constructor(session: SessionLease, timeout: number) {
    this.#session = session
    this.#timeout = timeout
  }

  /** Looks at the page. */
  async view(): Promise<PageView> {
    return (await this.perform([])).view
  }

  /** Carries out commands and looks at the page, all of it in one call of the server. */
  async perform(
    commands: readonly BrowserCommand[],
    { bail = false, reads = [], extra }: PerformOptions = {},
  ): Promise<Performed> {
    const separator = `tandem-${crypto.getRandomValues(new Uint32Array(3)).join('-')}`
    const batches: CommandBatch[] = [{ commands: [...look, ...reads], bail: true }, readCookies]
    if (commands.length > 0) batches.unshift({ commands, bail })
    const execution = await this.#session.execute({
      language: 'bash',
      code: browserScript(batches, separator, extra),
      timeout: this.#timeout,
    })
    const parts = splitOutput(execution.stdout, separator)
    const outcomes = commands.length > 0 ? this.#outcomes(parts.shift(), execution) : []
    const looked = this.#outcomes(parts.shift(), execution)
    const [cookies] = readOutcomes(parts.shift()?.stdout ?? '') ?? []
    SessionNotes.of(this.#session).keepCookies(secretCookies(cookies?.data['cookies']))
    return {
      outcomes,
      view: this.#view(looked, execution),
      reads: looked.slice(look.length),
      extra: parts.shift(),
    }
  }

  #view([snapshot, title]: readonly CommandOutcome[], execution: Execution): PageView {
    if (!snapshot && execution.truncated) {
      return { problem: { kind: 'too_large', text: 'The page is too large for a snapshot.' } }
    }
    if (!snapshot?.ok) {
      const error = snapshot?.error ?? `The page did not answer within ${this.#timeout} s.`
      if (/dialog is blocking/i.test(error)) return { problem: { kind: 'dialog', text: error } }
      return { problem: { kind: execution.killed ? 'timeout' : 'failed', text: error } }
    }
    const { origin, snapshot: tree } = snapshot.data
    return {
      page: { url: text(origin), snapshot: compact(text(tree)), title: text(title?.data['title']) },
    }
  }

  /** @throws when it is not the page that fails but the CLI. */
  #outcomes(output: BatchOutput | undefined, execution: Execution): CommandOutcome[] {
    const { killed, truncated, stderr, exitCode } = execution
    // Cut by the deadline or by the limit of the output: what is there is not JSON to its end.
    if (killed || truncated) return (output && readOutcomes(output.stdout)) ?? []
    const outcomes = output && readOutcomes(output.stdout)
    if (outcomes) return outcomes
    const status = output?.exitCode ?? exitCode
    const said = redact(stderr.slice(0, 2000)).replace(/\s+/g, ' ').trim().slice(0, 300)
    if (status === 127) {
      throw new NotConfiguredError(
        `The server's bash has no agent-browser, which this tool needs. ${said}`.trim(),
      )
    }
    throw new BrowserServiceError(
      `agent-browser answered with no JSON (exit code ${status}). ${said}`.trim(),
    )
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
