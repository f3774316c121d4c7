import type { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import {
  type Browser,
  type BrowserContext,
  type Dialog,
  type Page,
  chromium,
} from 'playwright-core'
import type { CdpMessage } from '../../cdp/message.ts'
import { PipeTransport } from '../../cdp/pipe-transport.ts'
import { PlaywrightTransport } from '../../cdp/playwright-transport.ts'
import { cdpDescriptor } from '../protocol.ts'

/** The names that user code finds. It may assign to `page`, and the assignment stays. */
interface UserGlobals {
  browser: Browser
  context: BrowserContext
  page: Page
}

const globals = globalThis as unknown as UserGlobals

/** The session's page, as Playwright sees it over the kernel's own pipe. */
export class SharedPage {
  /** Whether user code runs at the moment. */
  executing = false
  readonly #context: BrowserContext
  readonly #crashed = new WeakSet<Page>()

  private constructor(browser: Browser, context: BrowserContext, page: Page) {
    this.#context = context
    Object.assign(globals, { browser, context, page })
    for (const open of context.pages()) this.#watch(open)
    context.on('page', (opened) => this.#watch(opened))
    context.on('dialog', (dialog) => this.#settleDialog(dialog))
  }

  static async connect(): Promise<SharedPage> {
    const socket = new Socket({ fd: cdpDescriptor, readable: true, writable: true })
    const pipe = new PipeTransport<CdpMessage, object>(socket, socket)
    const transport = new PlaywrightTransport({
      send: (message) => pipe.send(message),
      close: () => socket.destroy(),
    })
    pipe.onMessage = (message) => transport.deliver(message)
    pipe.onClose = () => transport.disconnect('The session ended the connection.')
    const browser = await chromium.connectOverCDP(transport)
    const context = browser.contexts()[0] ?? (await browser.newContext())
    const page = context.pages()[0] ?? (await context.newPage())
    return new SharedPage(browser, context, page)
  }

  /** Gives user code a page that is open, if the one it had is closed or has crashed. */
  async ensureOpen(): Promise<void> {
    const { page } = globals
    if (typeof page?.isClosed !== 'function') return
    const crashed = this.#crashed.has(page)
    if (!crashed && !page.isClosed()) return
    const usable = this.#context.pages().findLast((candidate) => !this.#crashed.has(candidate))
    globals.page = usable ?? (await this.#context.newPage())
    if (!crashed) return
    process.stderr.write('The page had crashed: page is another one now.\n')
    // Playwright cannot navigate it any more.
    page.close().catch(() => {})
  }

  #watch(page: Page): void {
    page.on('crash', () => this.#crashed.add(page))
  }

  /**
   * Playwright dismisses a dialog at once when nobody listens, which would take
   * it from another client of the session. So this kernel listens, and
   * dismisses only while its own code runs and does not listen itself.
   */
  #settleDialog(dialog: Dialog): void {
    const page = dialog.page()
    const own = 1
    const listeners = listenerCount(this.#context) + (page ? listenerCount(page) : 0) - own
    if (!this.executing || listeners > 0) return
    const settled = dialog.type() === 'beforeunload' ? dialog.accept() : dialog.dismiss()
    settled.catch(() => {})
  }
}

/** Playwright's objects are event emitters, which their types leave out. */
function listenerCount(emitter: BrowserContext | Page): number {
  return (emitter as unknown as EventEmitter).listenerCount('dialog')
}
