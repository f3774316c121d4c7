import type { Language } from '@tandem-browser/core'
import type { BrowserProcess } from '../browser/browser-process.ts'
import type { SessionEgress } from '../egress/session-egress.ts'
import type { LanguageRuntime } from '../kernels/language-runtime.ts'
import { readCookies } from '../profiles/cookies.ts'
import { ProfileSaveError } from '../profiles/profile-error.ts'
import type { Profile } from '../profiles/profile.ts'
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
  /** What the browser started from. */
  profile?: Profile | undefined
}

/** Milliseconds in which the state of a browser must have been saved; and its cookies read. */
const saveDeadlines = { all: 20_000, cookies: 3_000 }

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
  readonly #profile: Profile | undefined
  readonly #refusalPages: RefusalPages
  #closed: Promise<void> | undefined

  constructor({ folder, egress, watch, browser, runtimes, profile }: SessionPartsOptions) {
    this.id = folder.sessionId
    this.folder = folder
    this.egress = egress
    this.watch = watch
    this.browser = browser
    this.runtimes = runtimes
    this.#profile = profile
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

  /**
   * Closes the browser and saves its state to the profile, if that is to be.
   *
   * @throws ProfileSaveError; what was saved before is still there then.
   */
  async saveProfile(): Promise<void> {
    const profile = this.#profile
    if (!profile?.saveChanges) return
    const signal = AbortSignal.timeout(saveDeadlines.all)
    // Nothing that code still does belongs to the session's end.
    await this.closeKernels()
    const reading = readCookies(this.browser.cdp, saveDeadlines.cookies)
    const cookies = await reading.catch((cause: unknown) => {
      throw new ProfileSaveError(profile.name, 'the browser does not answer', { cause })
    })
    await profile.save({ cookies, archive: this.browser.takeState(signal) }, signal)
  }

  /** Ends all of it and removes the folder. May be called again, also after it failed. */
  close(): Promise<void> {
    this.#closed ??= this.#close().catch((error: unknown) => {
      this.#closed = undefined
      throw error
    })
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
    // Whatever is left of the folder, others may have the profile.
    await this.folder.remove().finally(() => this.#profile?.close())
    const failure = ends.find((end) => end.status === 'rejected')
    if (failure) throw failure.reason
  }
}
