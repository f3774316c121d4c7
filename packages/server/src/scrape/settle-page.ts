import type { CDPSession, Page } from 'playwright-core'

import type { DocumentTraffic } from './document-traffic.ts'
import { DocumentGoneError, evaluateIsolated } from './isolated-world.ts'
import type { TimeBudget } from './time-budget.ts'

/** Some pages change for ever; what they show after this is what they are. */
const longestSettling = 5_000
/** Nothing loaded and nothing changed for so long: the page has been rendered. */
const silence = 200

/**
 * Waits until the HTML has been parsed and, if the page has scripts and they are wanted, until they
 * have come to rest.
 *
 * @returns false when the HTML itself was not complete within the budget
 */
export async function settlePage(
  page: Page,
  cdp: CDPSession,
  traffic: DocumentTraffic,
  budget: TimeBudget,
  options: { pictures: boolean; scripts: boolean },
): Promise<boolean> {
  const { signal } = budget
  try {
    const parsed = page.waitForLoadState('domcontentloaded', { timeout: 0, signal })
    // When the document is cut, the rest of it never comes.
    parsed.catch(() => {})
    await Promise.race([parsed, traffic.whenCut])
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
  if (traffic.cut) return true
  const settling = budget.part(longestSettling)
  const loaded = options.pictures
    ? page.waitForLoadState('load', { timeout: 0, signal: settling.signal })
    : undefined
  try {
    await Promise.all([loaded, options.scripts ? rest(cdp, traffic, settling) : undefined])
  } catch (error) {
    // A page that does not come to rest is taken as it is, also when it navigates all the time.
    if (!settling.signal.aborted && page.isClosed()) throw error
  }
  return true
}

async function rest(cdp: CDPSession, traffic: DocumentTraffic, budget: TimeBudget): Promise<void> {
  const script = `(${waitForSilence.toString()})(globalThis, ${silence}, ${longestSettling})`
  for (;;) {
    const loading = traffic.busy
    try {
      const scripted = await evaluateIsolated<boolean>(cdp, script, budget)
      if (!scripted || !(loading || traffic.busy)) return
    } catch (error) {
      if (budget.signal.aborted || !(error instanceof DocumentGoneError)) throw error
    }
    await traffic.quiet(silence, budget)
  }
}

interface PageWindow {
  Document: { prototype: object }
  MutationObserver: new (changed: () => void) => {
    observe(target: object, options: object): void
    disconnect(): void
  }
  document: object
  setTimeout(done: () => void, milliseconds: number): number
  clearTimeout(timer: number): void
}

/**
 * Runs in the page. False at once when it has no scripts, else true when nothing has changed for
 * `silence` milliseconds or after `longest`.
 */
function waitForSilence(
  window: PageWindow,
  silenceNeeded: number,
  longest: number,
): boolean | Promise<boolean> {
  // Not `document.scripts`: an image named "scripts" would be in its place.
  const scripts = Object.getOwnPropertyDescriptor(window.Document.prototype, 'scripts')
  const all = scripts?.get?.call(window.document) as ArrayLike<unknown> | undefined
  if (!all || all.length === 0) return false
  return new Promise((resolve) => {
    const finish = (): void => {
      observer.disconnect()
      window.clearTimeout(timer)
      window.clearTimeout(cap)
      resolve(true)
    }
    const observer = new window.MutationObserver(() => {
      window.clearTimeout(timer)
      timer = window.setTimeout(finish, silenceNeeded)
    })
    let timer = window.setTimeout(finish, silenceNeeded)
    const cap = window.setTimeout(finish, longest)
    observer.observe(window.document, { childList: true, characterData: true, subtree: true })
  })
}
