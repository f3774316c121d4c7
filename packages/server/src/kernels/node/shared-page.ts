import type { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import {
  type Browser,
  type BrowserContext,
  type Dialog,
  type Page,
  chromium,
} from 'playwright-core'
import { downloadsFolder } from '../../cdp/downloads-folder.ts'
import { type CdpMessage, cdpErrorCode } from '../../cdp/message.ts'
import { PipeTransport } from '../../cdp/pipe-transport.ts'
import { PlaywrightTransport } from '../../cdp/playwright-transport.ts'
import { cdpDescriptor } from '../protocol.ts'

/** The names that user code finds. It may assign to `page`, and the assignment stays. */
interface UserGlobals {
  browser: Browser
  context: BrowserContext
  page: Page
}

/** Milliseconds that code waits for a page which another client has just opened or closed. */
const catchUpDeadline = 1_000

const globals = globalThis as unknown as UserGlobals

/** The session's page, as Playwright sees it over the kernel's own pipe. */
export class SharedPage {
  /** Whether user code runs at the moment. */
  executing = false
  readonly #context: BrowserContext
  readonly #crashed = new WeakSet<Page>()
  readonly #refusals: Refusals
  /** Pages of the browser that Playwright does not show, such as one that never answered. */
  #unseen = 0
  #onPagesChanged: (() => void) | undefined
  readonly #targetIds = new WeakMap<Page, string>()
  /** The tab that the session's code worked on last, as far as this kernel knows. */
  #lastTab: string | undefined

  private constructor({ browser, context, page }: UserGlobals, refusals: Refusals) {
    this.#context = context
    this.#refusals = refusals
    Object.assign(globals, { browser, context, page })
    for (const open of context.pages()) this.#watch(open)
    context.on('page', (opened) => {
      this.#watch(opened)
      this.#onPagesChanged?.()
    })
    context.on('dialog', (dialog) => this.#settleDialog(dialog))
  }

  static async connect(): Promise<SharedPage> {
    const socket = new Socket({ fd: cdpDescriptor, readable: true, writable: true })
    const pipe = new PipeTransport<CdpMessage, object>(socket, socket)
    const transport = new PlaywrightTransport({
      send: (message) => pipe.send(message),
      close: () => socket.destroy(),
    })
    const refusals = new Refusals()
    pipe.onMessage = (message) => {
      refusals.note(message)
      transport.deliver(message)
    }
    pipe.onClose = () => transport.disconnect('The session ended the connection.')
    const browser = await chromium.connectOverCDP(transport, {
      artifactsDir: join(process.cwd(), downloadsFolder),
    })
    const context = browser.contexts()[0] ?? (await browser.newContext())
    const page = context.pages()[0] ?? (await context.newPage())
    return new SharedPage({ browser, context, page }, refusals)
  }

  /**
   * Waits until Playwright has heard of the pages that others opened and closed
   * before.
   *
   * @param pages How many the browser has.
   */
  async catchUp(pages: number): Promise<void> {
    const known = (): boolean => this.#context.pages().length === pages - this.#unseen
    if (known()) return
    const { promise: caughtUp, resolve } = Promise.withResolvers<void>()
    this.#onPagesChanged = () => known() && resolve()
    const late = new AbortController()
    const timer = delay(catchUpDeadline, undefined, { signal: late.signal })
    timer.catch(() => {})
    await Promise.race([caughtUp, timer])
    late.abort()
    this.#onPagesChanged = undefined
    // It is not waited for a second time.
    this.#unseen = pages - this.#context.pages().length
  }

  /** Makes `page` the tab that code of another kernel has gone to, if it has gone anywhere. */
  async goTo(tab: string): Promise<void> {
    if (tab === this.#lastTab) return
    this.#lastTab = tab
    for (const page of this.#context.pages()) {
      if ((await this.#targetIdOf(page)) === tab) globals.page = page
    }
  }

  /** Target id of `page`, if that is one that other kernels have as well. */
  async tab(): Promise<string | undefined> {
    const { page } = globals
    if (!this.#context.pages().includes(page)) return undefined
    const tab = await this.#targetIdOf(page)
    this.#lastTab = tab ?? this.#lastTab
    return tab
  }

  /** Gives user code a page that is open, if the one it had is closed or has crashed. */
  async ensureOpen(): Promise<void> {
    this.#refusals.forget()
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

  /** Playwright does not say it, but the browser does. Undefined for a page that does not answer. */
  async #targetIdOf(page: Page): Promise<string | undefined> {
    const known = this.#targetIds.get(page)
    if (known !== undefined) return known
    const asked = askForTargetId(page).then(
      (targetId) => void this.#targetIds.set(page, targetId),
      () => {},
    )
    await Promise.race([asked, delay(catchUpDeadline, undefined, { ref: false })])
    return this.#targetIds.get(page)
  }

  #watch(page: Page): void {
    void this.#targetIdOf(page)
    page.on('crash', () => this.#crashed.add(page))
    page.on('close', () => this.#onPagesChanged?.())
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

/**
 * Says on stderr what the server refuses. Playwright tries many a refused
 * command again until its time is over, and then tells of that alone.
 */
class Refusals {
  readonly #sentences = new Set<string>()

  note({ error }: CdpMessage): void {
    if (error?.code !== cdpErrorCode.refused || this.#sentences.has(error.message)) return
    this.#sentences.add(error.message)
    process.stderr.write(`${error.message}\n`)
  }

  /** Another execution hears of it again. */
  forget(): void {
    this.#sentences.clear()
  }
}

async function askForTargetId(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page)
  const { targetInfo } = await session.send('Target.getTargetInfo')
  session.detach().catch(() => {})
  return targetInfo.targetId
}

/** Playwright's objects are event emitters, which their types leave out. */
function listenerCount(emitter: BrowserContext | Page): number {
  return (emitter as unknown as EventEmitter).listenerCount('dialog')
}
