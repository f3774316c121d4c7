import type { Chromium } from './connect.ts'
import { MissingPlaywrightError } from './errors.ts'

/**
 * The `chromium` of the installed `playwright-core`, else of `playwright`. Loaded at the first
 * call: it takes hundreds of milliseconds, which a caller who passes its own should not pay.
 *
 * @throws MissingPlaywrightError when neither is installed; what a broken installation throws
 *   is passed on as it is.
 */
export async function loadChromium(): Promise<Chromium> {
  // Each import stands inside its own `try`, so that a bundler takes it for an optional one.
  try {
    return (await import('playwright-core')).chromium
  } catch (error) {
    if (!isMissing(error, 'playwright-core')) throw error
  }
  try {
    return (await import('playwright')).chromium
  } catch (error) {
    if (!isMissing(error, 'playwright')) throw error
  }
  throw new MissingPlaywrightError()
}

/** The package itself was not found, as opposed to a file inside it. */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  const notFound = error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND'
  return notFound && error.message.includes(`'${name}'`)
}
