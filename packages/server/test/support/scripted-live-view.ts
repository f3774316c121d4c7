import { readFileSync } from 'node:fs'
import type { Browser, Page, Route, WebSocketRoute } from 'playwright-core'
import { encodeFrame } from '../../src/live/frame.ts'
import type { ViewerNews } from '../../src/live/viewer-news.ts'

/** What a viewer's page is told, in order; a picture is drawn before the next one is told. */
export interface Scene {
  name: string
  interactive: boolean
  /** Default: 200 with a ticket. `never` lets it wait. */
  ticket?: 'never' | { status: number; body: object }
  news?: readonly (ViewerNews | 'picture')[]
  /** How the connection ends after that. */
  close?: { code: number; reason: string }
  /** The stage's state that it comes to. */
  state: string
}

export interface Look {
  name: string
  width: number
  height: number
  dark: boolean
  touch: boolean
}

/** The page of a live view as the server serves it, with a scripted session behind it. */
export class ScriptedLiveView {
  readonly page: Page
  readonly look: Look
  readonly #base: string
  readonly #picture: Buffer
  #scene: Scene | undefined
  #connections = 0
  #shown = 0
  #told = Promise.withResolvers<void>()

  private constructor(page: Page, look: Look, base: string, picture: Buffer) {
    this.page = page
    this.look = look
    this.#base = base
    this.#picture = picture
  }

  /**
   * @param base Address of the server.
   * @param picture A JPEG of 1280 × 720.
   */
  static async open(
    browser: Browser,
    { look, base, picture }: { look: Look; base: string; picture: Buffer },
  ): Promise<ScriptedLiveView> {
    const page = await browser.newPage({
      viewport: { width: look.width, height: look.height },
      colorScheme: look.dark ? 'dark' : 'light',
      hasTouch: look.touch,
      isMobile: look.touch,
      reducedMotion: look.dark ? 'reduce' : 'no-preference',
    })
    const view = new ScriptedLiveView(page, look, base, picture)
    await page.route('**/ticket', (route) => view.#giveTicket(route))
    await page.routeWebSocket(/\/socket\?/, (socket) => view.#play(socket))
    return view
  }

  /** Opens it anew, and settles when it has come to what the scene ends with. */
  async show(scene: Scene): Promise<void> {
    this.#scene = scene
    this.#connections = 0
    this.#shown += 1
    this.#told = Promise.withResolvers()
    const id = `01990000-0000-7000-8000-${String(this.#shown).padStart(12, '0')}`
    await this.page.goto(`${this.#base}/live/${id}#secret`)
    if (scene.ticket === undefined) await this.#told.promise
    await this.page.waitForSelector(`#stage[data-state="${scene.state}"]`)
  }

  async #giveTicket(route: Route): Promise<void> {
    const { ticket, close } = this.#scene ?? {}
    // Whose connection broke stays without another.
    if (ticket === 'never' || (close?.code === 1011 && this.#connections > 0)) return
    const { status, body } = ticket ?? { status: 200, body: { success: true, ticket: 'one' } }
    await route.fulfill({ status, json: body })
  }

  #play(socket: WebSocketRoute): void {
    this.#connections += 1
    const { interactive = false, news = [], close } = this.#scene ?? {}
    const rest = [...news]
    const tell = (one: ViewerNews): void => socket.send(JSON.stringify(one))
    const goOn = (): void => {
      for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
        if (next === 'picture') {
          socket.send(encodeFrame({ sequence: 1, capturedAt: 0, ...place, image: this.#picture }))
          return
        }
        tell(next)
      }
      if (close) void socket.close(close)
      this.#told.resolve()
    }
    socket.onMessage((text) => {
      const { type, value } = JSON.parse(String(text)) as { type: string; value: number }
      if (type === 'echo') tell({ type, value })
      if (type === 'seen') goOn()
    })
    const upload = interactive ? { uploadToken: 'one' } : {}
    tell({ type: 'hello', viewer: 'one', interactive, ...upload })
    goOn()
  }
}

const place = { width: 1280, height: 720, pageScaleFactor: 1, offsetTop: 0, scrollX: 0, scrollY: 0 }

/** What somebody could not read, reach or hear of in the page, as `find-faults.js` has it. */
export async function faultsOf({ page, look }: ScriptedLiveView): Promise<string[]> {
  const faults = await page.evaluate<string[]>(`(${findFaults})(${look.touch})`)
  return faults.map((fault) => `${look.name}: ${fault}`)
}

const findFaults = readFileSync(new URL('find-faults.js', import.meta.url), 'utf8').replace(
  /^[^]*export function/,
  'function',
)
