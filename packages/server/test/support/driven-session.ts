import type { CreateSessionOptions, DeleteSessionResponse } from '@tandem-browser/core'
import { type Browser, type Page, chromium } from 'playwright-core'
import type { ApiCaller, CallOptions } from './api-caller.ts'

/** A session with Playwright on its page. */
export class DrivenSession {
  readonly id: string
  readonly page: Page
  readonly #server: ApiCaller
  readonly #browser: Browser
  readonly #call: CallOptions

  private constructor(
    server: ApiCaller,
    { id, browser, page }: { id: string; browser: Browser; page: Page },
    call: CallOptions,
  ) {
    this.#server = server
    this.id = id
    this.#browser = browser
    this.page = page
    this.#call = call
  }

  static async create(
    server: ApiCaller,
    options: CreateSessionOptions,
    call: CallOptions = {},
  ): Promise<DrivenSession> {
    const { id, cdpUrl } = await server.createSession(options, call)
    const browser = await chromium.connectOverCDP(cdpUrl)
    const [page] = browser.contexts()[0]!.pages() as [Page]
    return new DrivenSession(server, { id, browser, page }, call)
  }

  /** Ends it, and gives what was answered. */
  async delete(): Promise<DeleteSessionResponse> {
    const path = `/v2/interact/${this.id}`
    const { body } = await this.#server.api('DELETE', path, undefined, this.#call)
    await this.#browser.close()
    return body as unknown as DeleteSessionResponse
  }

  /** Settles when the browser is gone. */
  async gone(): Promise<void> {
    if (!this.#browser.isConnected()) return
    await new Promise<void>((resolve) => this.#browser.once('disconnected', () => resolve()))
  }
}
