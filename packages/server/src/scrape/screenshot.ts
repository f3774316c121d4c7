import type { CDPSession } from 'playwright-core'

import type { TimeBudget } from './time-budget.ts'

export interface ScreenshotOptions {
  fullPage?: boolean | undefined
  /** 1 to 100: JPEG of that quality instead of PNG. */
  quality?: number | undefined
}

/** Beyond this side Chromium's surfaces repeat or stay blank. */
const maximumHeight = 16_384
/** Four bytes each while the picture is made. */
const maximumPixels = 25_000_000

/**
 * Takes a picture of the viewport, or of the whole page down to 16384 pixels (less when it is very
 * wide). Not Playwright's `screenshot()`, which waits for fonts that may never come.
 *
 * @returns a data URL, and whether the page was taller than the picture
 */
export async function takeScreenshot(
  cdp: CDPSession,
  options: ScreenshotOptions,
  budget: TimeBudget,
): Promise<{ dataUrl: string; cut: boolean }> {
  const { cssLayoutViewport, cssContentSize } = await budget.race(cdp.send('Page.getLayoutMetrics'))
  const view = { width: cssLayoutViewport.clientWidth, height: cssLayoutViewport.clientHeight }
  const whole = {
    width: Math.max(view.width, Math.ceil(cssContentSize.width)),
    height: Math.max(view.height, Math.ceil(cssContentSize.height)),
  }
  const width = Math.min(options.fullPage ? whole.width : view.width, maximumHeight)
  const height = Math.min(
    options.fullPage ? whole.height : view.height,
    maximumHeight,
    Math.floor(maximumPixels / width),
  )
  const format = options.quality === undefined ? 'png' : 'jpeg'
  const { data } = await budget.race(
    cdp.send('Page.captureScreenshot', {
      format,
      ...(options.quality === undefined ? {} : { quality: options.quality }),
      ...(options.fullPage
        ? { captureBeyondViewport: true, clip: { x: 0, y: 0, width, height, scale: 1 } }
        : {}),
    }),
  )
  const cut = (options.fullPage ?? false) && (height < whole.height || width < whole.width)
  return { dataUrl: `data:image/${format};base64,${data}`, cut }
}
