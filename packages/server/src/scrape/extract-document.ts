import type { ScrapeDocument, ScrapeFormat, ScrapeRequest } from '@tandem-browser/core'
import type { CDPSession } from 'playwright-core'

import { DocumentGoneError, evaluateIsolated } from './isolated-world.ts'
import type { LoadedPage } from './load-page.ts'
import { type PageMetadata, pageMetadata } from './page-metadata.ts'
import { pageProgram } from './page-program-source.ts'
import type { Extract, ExtractOptions } from './page-program/extract.ts'
import { ScrapeError } from './scrape-error.ts'
import { takeScreenshot } from './screenshot.ts'
import type { TimeBudget } from './time-budget.ts'

/** The API's document but for the `scrapeId`, which the caller adds. */
export type ScrapedPage = Omit<ScrapeDocument, 'metadata'> & { metadata: PageMetadata }

type ScreenshotFormat = Exclude<ScrapeFormat, string> & { type: 'screenshot' }

/** Five million characters are more than any reader takes, and 20 MB at most on the way here. */
const textLimit = 5_000_000
const copyLimits = { nodes: 100_000, characters: 5_000_000, depth: 200 }
/**
 * Reads the page that is in the tab in the formats of the request (default: Markdown). The page is
 * not changed. What it does to built-in objects, and how large or malicious it is, costs only its
 * own renderer; texts are cut at five million characters, with a `warning`.
 *
 * - `includeTags` picks elements as they are: `onlyMainContent` does not apply to them.
 * - Content of open shadow roots and same-origin frames is in its place in `markdown` and `html`.
 * - `links` are of the whole page whatever `onlyMainContent` says: http, https and mailto. So are
 *   `images`.
 * - JSON, XML and text are a code block or plain text in `markdown`.
 *
 * @throws ScrapeError when a selector is invalid or the page navigates for ever
 */
export async function extractDocument(
  cdp: CDPSession,
  request: ScrapeRequest,
  loaded: LoadedPage,
  budget: TimeBudget,
): Promise<ScrapedPage> {
  const formats = request.formats ?? ['markdown']
  if (loaded.empty) return emptyPage(request, formats, loaded)
  const found = await read(cdp, pageProgram(optionsOf(request, formats)), budget)
  return compose(cdp, { request, formats, loaded, found, budget })
}

/** Reads again when the page has navigated away meanwhile. */
async function read(cdp: CDPSession, program: string, budget: TimeBudget): Promise<Extract> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await evaluateIsolated<Extract>(cdp, program, budget)
    } catch (error) {
      if (!(error instanceof DocumentGoneError)) throw error
      if (attempt === 5) {
        throw new ScrapeError(
          'SCRAPE_SITE_ERROR',
          'The page navigates on and on, so it could not be read.',
        )
      }
      await budget.sleep(attempt * 100)
    }
  }
}

async function compose(
  cdp: CDPSession,
  parts: {
    request: ScrapeRequest
    formats: readonly ScrapeFormat[]
    loaded: LoadedPage
    found: Extract
    budget: TimeBudget
  },
): Promise<ScrapedPage> {
  const { request, formats, loaded, found, budget } = parts
  if (found.badSelector) {
    const { option, selector } = found.badSelector
    throw new ScrapeError(
      'BAD_REQUEST',
      `${option} has ${JSON.stringify(selector.slice(0, 200))}, which is not a CSS selector.`,
    )
  }
  const { statement, contentType, warnings, ...texts } = found
  const metadata = pageMetadata(statement, {
    sourceURL: request.url,
    statusCode: loaded.statusCode,
    contentType: loaded.contentType ?? contentType,
  })
  const document: ScrapedPage = { ...texts, metadata }
  const notes = [...loaded.warnings, ...warnings]
  const wanted = screenshotOf(formats)
  if (wanted) {
    const { dataUrl, cut } = await takeScreenshot(cdp, wanted, budget)
    document.screenshot = dataUrl
    if (cut) notes.push('The page is larger than the largest picture; the beginning is shown.')
  }
  if (notes.length > 0) document.warning = notes.join(' ')
  return document
}

function emptyPage(
  request: ScrapeRequest,
  formats: readonly ScrapeFormat[],
  loaded: LoadedPage,
): ScrapedPage {
  const { markdown, html, rawHtml, links, images } = optionsOf(request, formats)
  const statement = { url: request.url, title: '', language: '', entries: [], favicon: undefined }
  return {
    ...(markdown && { markdown: '' }),
    ...(html && { html: '' }),
    ...(rawHtml && { rawHtml: '' }),
    ...(links && { links: [] }),
    ...(images && { images: [] }),
    metadata: pageMetadata(statement, { sourceURL: request.url, ...loaded }),
    warning: 'The server answered without a document.',
  }
}

function optionsOf(request: ScrapeRequest, formats: readonly ScrapeFormat[]): ExtractOptions {
  const names = new Set(
    formats.map((format) => (typeof format === 'string' ? format : format.type)),
  )
  return {
    markdown: names.has('markdown'),
    html: names.has('html'),
    rawHtml: names.has('rawHtml'),
    links: names.has('links'),
    images: names.has('images'),
    inlineImages: request.removeBase64Images === false,
    includeTags: request.includeTags ?? [],
    excludeTags: request.excludeTags ?? [],
    onlyMainContent: request.onlyMainContent ?? true,
    limits: copyLimits,
    textLimit,
  }
}

function screenshotOf(formats: readonly ScrapeFormat[]): Partial<ScreenshotFormat> | undefined {
  for (const format of formats) {
    if (format === 'screenshot') return {}
    if (typeof format === 'object' && format.type === 'screenshot') return format
  }
  return undefined
}
