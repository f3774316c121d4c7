import { rm } from 'node:fs/promises'
import type { BrowserProcess } from '../browser/browser-process.ts'
import type { LanguageRuntime } from '../kernels/language-runtime.ts'

/** What a session is made of; from here on `SessionParts` ends all of it. */
export interface SessionPartsOptions {
  /** The id of the session that it is, or that it will be when somebody asks for one. */
  id: string
  /** The folder that goes when the parts go. */
  directory: string
  browser: BrowserProcess
  node: LanguageRuntime
}

/** The machinery of one session, whether somebody has it already or not. */
export class SessionParts {
  readonly id: string
  readonly browser: BrowserProcess
  readonly node: LanguageRuntime
  readonly #directory: string
  #closed: Promise<void> | undefined

  constructor({ id, directory, browser, node }: SessionPartsOptions) {
    this.id = id
    this.browser = browser
    this.node = node
    this.#directory = directory
  }

  /** Ends all of it and removes the folder. May be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const ends = await Promise.allSettled([this.node.close(), this.browser.close()])
    // Chromium's last children may still write while they die.
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 4, retryDelay: 200 })
    const failure = ends.find((end) => end.status === 'rejected')
    if (failure) throw failure.reason
  }
}
