import type { ProfileOptions } from './types.ts'

/** A format of `POST /v2/scrape`. */
export type ScrapeFormat =
  | 'markdown'
  | 'html'
  | 'rawHtml'
  | 'links'
  | 'images'
  | 'screenshot'
  | { type: 'markdown' | 'html' | 'rawHtml' | 'links' | 'images' }
  | {
      type: 'screenshot'
      /** The whole page, not only what the viewport shows. Default: false. */
      fullPage?: boolean
      /** 1 to 100: JPEG of that quality instead of PNG. */
      quality?: number
      /** CSS pixels. */
      viewport?: { width: number; height: number }
    }

/** Something that is done with the page, in its turn, before it is read. */
export type ScrapeAction =
  /** Exactly one of the two: a pause, or until an element that matches is visible. */
  | { type: 'wait'; milliseconds?: number; selector?: string }
  /** `all`: every element that matches, and no failure when there is none. Default: the first. */
  | { type: 'click'; selector: string; all?: boolean }
  /** Types into what has the focus: click it first. */
  | { type: 'write'; text: string }
  /** A key such as `Enter` or `ArrowDown`, also with others: `Control+A`. */
  | { type: 'press'; key: string }
  /** By one screen, or by one height of the element. Default: down. */
  | { type: 'scroll'; direction?: 'up' | 'down'; selector?: string }
  | {
      type: 'screenshot'
      fullPage?: boolean
      quality?: number
      viewport?: { width: number; height: number }
    }
  /** The HTML as it is now. */
  | { type: 'scrape' }
  /** The value of its last expression is in the answer. */
  | { type: 'executeJavascript'; script: string }
  | { type: 'pdf'; format?: PaperFormat; landscape?: boolean; scale?: number }

export type PaperFormat =
  | 'A0'
  | 'A1'
  | 'A2'
  | 'A3'
  | 'A4'
  | 'A5'
  | 'A6'
  | 'Letter'
  | 'Legal'
  | 'Tabloid'
  | 'Ledger'

/** What the actions gave, each kind in the order of its actions. */
export interface ScrapeActionResults {
  /** Data URLs. */
  screenshots: string[]
  scrapes: { url: string; html: string }[]
  javascriptReturns: { type: string; value: unknown }[]
  /** Data URLs. */
  pdfs: string[]
}

/** Body of `POST /v2/scrape`. Unknown keys are refused. */
export interface ScrapeRequest {
  url: string
  /** Default: `['markdown']`. */
  formats?: ScrapeFormat[]
  /** Extra HTTP headers of the page's requests. */
  headers?: Record<string, string>
  /** CSS selectors: keep only what they match. */
  includeTags?: string[]
  /** CSS selectors: drop what they match. */
  excludeTags?: string[]
  /** Leave out navigation, footers and the like. Default: true. */
  onlyMainContent?: boolean
  /** Milliseconds for the whole scrape, at least 1000. Default: 30000. */
  timeout?: number
  /** Milliseconds to wait after the page has loaded, at most half of the timeout. Default: 0. */
  waitFor?: number
  /** Load the page as a telephone does. Default: false. */
  mobile?: boolean
  /** Where the page is to think that its visitor is. The network address stays the server's. */
  location?: {
    /** Two letters, as in ISO 3166-1: gives the time zone and the languages unless they are named. */
    country?: string
    /** Preferred first, such as `de-AT`, `de`. */
    languages?: string[]
    /** Such as `Europe/Vienna`. */
    timezone?: string
  }
  /** Browser state to start from. The scrape only reads it; a session that continues it saves it. */
  profile?: ProfileOptions
  /** At most 50, done one after the other when the page has loaded and `waitFor` is over. */
  actions?: ScrapeAction[]
  /** Take certificates that cannot be trusted. Default: false. */
  skipTlsVerification?: boolean
  /** Keep out hosts of advertising, of trackers and of cookie banners. Default: true. */
  blockAds?: boolean
  /** Leave pictures that are written out in the page out of `markdown` and `html`. Default: true. */
  removeBase64Images?: boolean
  /** Read the page as soon as its HTML is there, without its scripts. Default: false. */
  fastMode?: boolean
  /** This server has one way out: both mean that. */
  proxy?: 'basic' | 'auto'
  /** Milliseconds. Nothing is cached, so every answer is fresh. */
  maxAge?: number
  /** Milliseconds. Asks for an answer from the cache, which has none. */
  minAge?: number
  /** Nothing is cached. */
  storeInCache?: boolean
  /** When true, asks for an answer from the cache, which has none. */
  lockdown?: boolean
  /** Of files that are no pages, which this server does not read. */
  parsers?: (string | Record<string, unknown>)[]
  /** Only false: this server redacts nothing. */
  redactPII?: false
  /** Only off: this server classifies no addresses. */
  threatProtection?: { mode: 'off' }
  /** Who asked, for the log of the server. */
  auditMetadata?: { username: string }
  /** Keep nothing of the scrape: it cannot be fetched or continued later. Default: false. */
  zeroDataRetention?: boolean
  integration?: string
  origin?: string
}

/** What is known of a scraped page. */
export interface ScrapeMetadata {
  /** Names the scrape in `POST /v2/scrape/{scrapeId}/interact`. */
  scrapeId: string
  /** The address that was asked for. */
  sourceURL: string
  /** The address that answered, after redirects. */
  url: string
  /** HTTP status of the page. */
  statusCode: number
  contentType?: string
  title?: string
  description?: string
  language?: string
  /** Of an error status: what it means. */
  error?: string
  proxyUsed?: 'basic'
  cacheState?: 'miss'
  creditsUsed?: number
  /** Whether the scrape had to wait for others. */
  concurrencyLimited?: boolean
  /** Whatever else the page says of itself. */
  [key: string]: unknown
}

/** The page in the formats that were asked for. */
export interface ScrapeDocument {
  markdown?: string
  /** Cleaned HTML of the content. */
  html?: string
  /** HTML as the browser holds it. */
  rawHtml?: string
  /** Absolute addresses, each once. */
  links?: string[]
  /** Absolute addresses of the page's pictures, each once. */
  images?: string[]
  /** Data URL of the picture. */
  screenshot?: string
  /** There when actions were asked for. */
  actions?: ScrapeActionResults
  metadata: ScrapeMetadata
  warning?: string
}

/** Answer of `POST /v2/scrape`, and of `GET /v2/scrape/{scrapeId}` afterwards. */
export interface ScrapeResponse {
  success: true
  data: ScrapeDocument
}
