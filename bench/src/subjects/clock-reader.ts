import type { Engine } from '@tandem-browser/server'
import type { Browser, Page } from 'playwright-core'
import { ageOf, readClock } from './clock-page.ts'
import { launchPlainly } from './plain-playwright.ts'

/** A picture that came, and when, in milliseconds since 1970. */
export interface Arrival {
  at: number
  /** A JPEG. */
  image: Buffer
}

/** Pictures that are read at once. */
const batch = 20

/**
 * Reads the clock off pictures of the clock page, in a browser of its own: afterwards, so that nothing of
 * it is in what is measured.
 */
export class ClockReader {
  readonly #browser: Browser
  readonly #page: Page

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser
    this.#page = page
  }

  static async launch(engine: Engine): Promise<ClockReader> {
    const browser = await launchPlainly(engine)
    try {
      return new ClockReader(browser, await browser.newPage())
    } catch (error) {
      await browser.close()
      throw error
    }
  }

  /**
   * How old each picture was when it came, in milliseconds.
   *
   * @throws Error when one of them is not of that page.
   */
  async ages(arrivals: readonly Arrival[]): Promise<number[]> {
    const ages: number[] = []
    for (let start = 0; start < arrivals.length; start += batch) {
      const some = arrivals.slice(start, start + batch)
      const images = some.map(({ image }) => image.toString('base64'))
      const clocks = await this.#page.evaluate<number[]>(`Promise.all(${JSON.stringify(images)}.map(
        async (image) => {
          const response = await fetch('data:image/jpeg;base64,' + image)
          const bitmap = await createImageBitmap(await response.blob())
          const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
          context.drawImage(bitmap, 0, 0)
          return (${readClock})(context, bitmap.width)
        }))`)
      if (clocks.includes(-1)) throw new Error('A picture does not show the clock.')
      ages.push(...clocks.map((clock, index) => ageOf(clock, some[index]?.at ?? 0)))
    }
    return ages
  }

  close(): Promise<void> {
    return this.#browser.close()
  }
}
