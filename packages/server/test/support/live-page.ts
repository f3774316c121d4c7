import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core'
import { vi } from 'vitest'
import { findEngine } from '../../src/index.ts'

/** A browser of a person who looks at live views. */
export async function launchViewer(): Promise<Browser> {
  const engine = await findEngine()
  return chromium.launch({
    executablePath: engine.executablePath,
    args: ['--no-sandbox'],
    env: { ...process.env, ...engine.env },
  })
}

/** A person's tab with a live view in it. */
export class LivePage implements AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext

  private constructor(context: BrowserContext, page: Page) {
    this.context = context
    this.page = page
  }

  static async open(
    browser: Browser,
    url: string,
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<LivePage> {
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, ...options })
    const page = await context.newPage()
    await page.goto(url)
    return new LivePage(context, page)
  }

  /** Waits until it shows what it should, such as `live` or `ended`. */
  async until(state: string): Promise<void> {
    await this.page.waitForSelector(`#stage[data-state="${state}"]`)
  }

  /** Where on the screen a place of the page is, of a page that many CSS pixels wide. */
  async screen(x: number, y: number, width = 1280): Promise<{ x: number; y: number }> {
    const box = await this.page.locator('#page').boundingBox()
    if (!box) throw new Error('There is no picture.')
    const scale = box.width / width
    return { x: box.x + x * scale, y: box.y + y * scale }
  }

  async click(x: number, y: number): Promise<void> {
    const place = await this.screen(x, y)
    await this.page.mouse.click(place.x, place.y)
  }

  /** Waits until the picture has about that colour at a place of the page. JPEG is not exact. */
  async untilColor(x: number, y: number, wanted: readonly [number, number, number]): Promise<void> {
    const read = `(() => {
      const canvas = document.querySelector('canvas')
      const scale = canvas.width / 1280
      const { data } = canvas.getContext('2d').getImageData(${x} * scale, ${y} * scale, 1, 1)
      return [...data.slice(0, 3)]
    })()`
    const isWanted = async (): Promise<boolean> => {
      const color = await this.page.evaluate<number[]>(read)
      return wanted.every((part, index) => Math.abs(part - (color[index] ?? 0)) < 24)
    }
    await vi.waitUntil(isWanted, { timeout: 10_000 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close()
  }
}
