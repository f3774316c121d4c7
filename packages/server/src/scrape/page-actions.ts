import type { ScrapeAction, ScrapeActionResults } from '@tandem-browser/core'

import { evaluateScript } from './evaluate-script.ts'
import { evaluateIsolated } from './isolated-world.ts'
import { keyName } from './keyboard-keys.ts'
import { printPage } from './print-page.ts'
import { ScrapeError } from './scrape-error.ts'
import { takeScreenshot } from './screenshot.ts'
import type { Tab } from './tab.ts'

/** Milliseconds within which an element that is to be acted on must be there. */
const patience = 10_000

/** Elements that one click reaches. */
const maximumClicks = 100

/** Characters of all that the actions of a scrape give. */
const resultLimit = 50_000_000

/** What an action leaves for the next, and for the answer. */
type Perform<Type extends ScrapeAction['type']> = (
  tab: Tab,
  action: Extract<ScrapeAction, { type: Type }>,
  results: ScrapeActionResults,
) => Promise<void>

/**
 * Does the actions one after the other, as a person would: an element is waited for until it can be
 * acted on, keys go to what has the focus.
 *
 * @throws ScrapeError that says which action failed, and why
 */
export async function runActions(
  tab: Tab,
  actions: readonly ScrapeAction[],
): Promise<ScrapeActionResults> {
  const results: ScrapeActionResults = {
    screenshots: [],
    scrapes: [],
    javascriptReturns: [],
    pdfs: [],
  }
  for (const [index, action] of actions.entries()) {
    try {
      const perform = performers[action.type] as Perform<typeof action.type>
      await perform(tab, action, results)
    } catch (error) {
      if (tab.budget.signal.aborted || tab.page.isClosed()) throw error
      throw explain(error, `actions[${index}] (${action.type})`, action)
    }
    if (sizeOf(results) > resultLimit) {
      throw failed(`actions[${index}]: what the actions give is more than 50 MB altogether.`)
    }
  }
  return results
}

const performers: { [Type in ScrapeAction['type']]: Perform<Type> } = {
  async wait({ page, budget }, { milliseconds, selector }) {
    if (selector === undefined) return budget.sleep(milliseconds ?? 0)
    // As long as there is time, but for what comes afterwards.
    const timeout = Math.max(1, budget.remaining * 0.8)
    await budget.race(page.locator(css(selector)).first().waitFor({ timeout }))
  },

  async click(tab, { selector, all }) {
    const { page, budget } = tab
    if (all !== true) {
      await budget.race(page.locator(css(selector)).first().click(patiently(tab)))
      return
    }
    const elements = await budget.race(page.locator(css(selector)).elementHandles())
    for (const element of elements.slice(0, maximumClicks)) {
      // An earlier click may have taken it away.
      if (await budget.race(element.isVisible())) {
        await budget.race(element.click(patiently(tab)))
      }
    }
  },

  async write({ page, budget }, { text }) {
    await budget.race(page.keyboard.type(text))
  },

  async press({ page, budget }, { key }) {
    await budget.race(page.keyboard.press(keyName(key) ?? key))
  },

  async scroll(tab, { direction, selector }) {
    const sign = direction === 'up' ? -1 : 1
    if (selector === undefined) {
      const script = `scrollBy({ top: ${sign} * innerHeight, behavior: 'instant' })`
      await evaluateIsolated(tab.cdp, script, tab.budget)
      return
    }
    const element = tab.page.locator(css(selector)).first()
    await tab.budget.race(
      element.evaluate(
        (target: { clientHeight: number; scrollBy(options: object): void }, factor) => {
          target.scrollBy({ top: factor * target.clientHeight, behavior: 'instant' })
        },
        sign,
        patiently(tab),
      ),
    )
  },

  async screenshot(tab, options, { screenshots }) {
    const { page, cdp, budget } = tab
    const { cssLayoutViewport: before } = await budget.race(cdp.send('Page.getLayoutMetrics'))
    if (options.viewport) await budget.race(page.setViewportSize(options.viewport))
    screenshots.push((await takeScreenshot(cdp, options, budget)).dataUrl)
    if (options.viewport) {
      const { clientWidth: width, clientHeight: height } = before
      await budget.race(page.setViewportSize({ width, height }))
    }
  },

  async scrape({ cdp, budget }, _, { scrapes }) {
    const script = `({ url: document.URL, html: document.documentElement?.outerHTML?.slice(0, 5e6) ?? '' })`
    const { url, html } = await evaluateIsolated<{ url: unknown; html: unknown }>(
      cdp,
      script,
      budget,
    )
    scrapes.push({ url: String(url), html: String(html) })
  },

  async executeJavascript({ cdp, budget }, { script }, { javascriptReturns }) {
    javascriptReturns.push(await evaluateScript(cdp, script, budget))
  },

  async pdf({ cdp, budget }, options, { pdfs }) {
    pdfs.push(await printPage(cdp, options, budget))
  },
}

/** Selectors of the API are CSS; Playwright would take other kinds for theirs. */
function css(selector: string): string {
  return `css=${selector}`
}

/** Ends before the budget does, so that the answer can say what was not found. */
function patiently({ budget }: Tab): { timeout: number } {
  return { timeout: Math.max(1, Math.min(patience, budget.remaining * 0.8)) }
}

function explain(error: unknown, name: string, action: ScrapeAction): ScrapeError {
  if (error instanceof ScrapeError) return error
  const message = error instanceof Error ? error.message : String(error)
  const selector = 'selector' in action ? JSON.stringify(action.selector?.slice(0, 200)) : ''
  if (/parsing css selector|not a valid selector|Malformed selector/i.test(message)) {
    return new ScrapeError('BAD_REQUEST', `${name}: ${selector} is not a CSS selector.`)
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    const there = /locator resolved to|waiting for element to be|intercepts pointer events/
    return failed(
      there.test(message)
        ? `${name}: what matches ${selector} is hidden, disabled, moving or covered by something else.`
        : `${name}: nothing on the page matches ${selector}, also not after a while.`,
    )
  }
  return failed(`${name}: ${message.split('\n')[0]?.slice(0, 500) ?? ''}`)
}

function failed(sentence: string): ScrapeError {
  return new ScrapeError('SCRAPE_ACTION_ERROR', sentence)
}

function sizeOf({ screenshots, scrapes, pdfs }: ScrapeActionResults): number {
  const texts = [...screenshots, ...pdfs, ...scrapes.map(({ html }) => html)]
  return texts.reduce((sum, text) => sum + text.length, 0)
}
