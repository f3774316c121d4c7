import { STATUS_CODES } from 'node:http'

import type { PageStatement } from './page-program/read-metadata.ts'

/** What is known of the page; `scrapeId` is added by the caller. */
export interface PageMetadata {
  /** The address that was asked for. */
  sourceURL: string
  /** The address that answered, after redirects. */
  url: string
  statusCode: number
  contentType?: string
  title?: string
  description?: string
  language?: string
  /** Of an error status: what it means. */
  error?: string
  proxyUsed: 'basic'
  cacheState: 'miss'
  creditsUsed: number
  concurrencyLimited: boolean
  [key: string]: unknown
}

/** Names that the API gives in its own spelling, as its clients read them. */
const knownNames = new Map(
  Object.entries({
    description: 'description',
    keywords: 'keywords',
    author: 'author',
    robots: 'robots',
    'og:title': 'ogTitle',
    'og:description': 'ogDescription',
    'og:url': 'ogUrl',
    'og:image': 'ogImage',
    'og:site_name': 'ogSiteName',
    'og:locale': 'ogLocale',
    'article:published_time': 'publishedTime',
    'article:modified_time': 'modifiedTime',
  }),
)

/** Never from the page: they are ours, or would reach the object's prototype. */
const reserved = new Set([
  ...['scrapeId', 'sourceURL', 'url', 'statusCode', 'contentType', 'title', 'language', 'error'],
  ...['proxyUsed', 'cacheState', 'cachedAt', 'creditsUsed', 'concurrencyLimited', 'timezone'],
  ...['__proto__', 'constructor'],
])

/**
 * Puts together what the page says of itself with what the server said of it. Every `meta` element
 * is there under its own name, a repeated name as an array, the usual ones in the API's spelling too.
 */
export function pageMetadata(
  statement: PageStatement,
  known: { sourceURL: string; statusCode: number; contentType: string | undefined },
): PageMetadata {
  const metadata: PageMetadata = {
    sourceURL: known.sourceURL,
    url: statement.url,
    statusCode: known.statusCode,
    proxyUsed: 'basic',
    cacheState: 'miss',
    creditsUsed: 1,
    concurrencyLimited: false,
  }
  if (known.statusCode >= 400) {
    metadata.error = STATUS_CODES[known.statusCode] ?? `HTTP status ${known.statusCode}`
  }
  if (known.contentType) metadata.contentType = known.contentType
  if (statement.title) metadata.title = statement.title
  if (statement.language) metadata.language = statement.language
  if (statement.favicon) metadata['favicon'] = statement.favicon
  const repeated = new Map<string, string[]>()
  for (const [name, content] of statement.entries) {
    if (reserved.has(name)) continue
    const alias = knownNames.get(name.toLowerCase())
    if (alias !== undefined) metadata[alias] ??= content
    if (alias === name) continue
    const contents = repeated.get(name) ?? []
    repeated.set(name, [...contents, content])
  }
  for (const [name, contents] of repeated) {
    metadata[name] ??= contents.length === 1 ? contents[0] : contents
  }
  const { ogDescription } = metadata
  if (metadata.description === undefined && typeof ogDescription === 'string') {
    metadata.description = ogDescription
  }
  return metadata
}
