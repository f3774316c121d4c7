import type { Language } from '@tandem-browser/core'
import type { BrowserProcess } from '../browser/browser-process.ts'
import type { SessionEgress } from '../egress/session-egress.ts'
import type { LanguageRuntime } from '../kernels/language-runtime.ts'
import type { SessionFolder } from '../sandbox/session-folder.ts'
import type { SessionWatch } from '../sandbox/session-watch.ts'
import { RefusalPages } from './refusal-pages.ts'

/** What a session is made of; from here on `SessionParts` ends all of it. */
export interface SessionPartsOptions {
  /** Of the session that it is, or that it will be when somebody asks for one. */
  folder: SessionFolder
  egress: SessionEgress
  watch: SessionWatch
  browser: BrowserProcess
  runtimes: Runtimes
}

/** What runs code, by language. */
export type Runtimes = Readonly<Record<Language, LanguageRuntime>>

/** The machinery of one session, whether somebody has it already or not. */
export class SessionParts {
  readonly id: string
  readonly browser: BrowserProcess
  readonly runtimes: Runtimes
  readonly egress: SessionEgress
  readonly folder: SessionFolder
  readonly watch: SessionWatch
  readonly #refusalPages: RefusalPages
  #closed: Promise<void> | undefined

  constructor({ folder, egress, watch, browser, runtimes }: SessionPartsOptions) {
    this.id = folder.sessionId
    this.folder = folder
    this.egress = egress
    this.watch = watch
    this.browser = browser
    this.runtimes = runtimes
    this.#refusalPages = new RefusalPages(browser.cdp, egress)
  }

  /** Starts the kernel that the first execution will probably want. */
  async prepareKernel(): Promise<void> {
    await this.runtimes.node.prepare()
  }

  /** Ends the kernels that may be there already: nobody will run code. */
  async closeKernels(): Promise<void> {
    await Promise.all(Object.values(this.runtimes).map((runtime) => runtime.close()))
  }

  /** Ends all of it and removes the folder. May be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.watch.close()
    this.#refusalPages.close()
    const ends = await Promise.allSettled([
      ...Object.values(this.runtimes).map((runtime) => runtime.close()),
      this.browser.close(),
      this.egress.close(),
    ])
    await this.folder.remove()
    const failure = ends.find((end) => end.status === 'rejected')
    if (failure) throw failure.reason
  }
}
