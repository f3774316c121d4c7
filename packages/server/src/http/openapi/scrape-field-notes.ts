import type { ScrapeDocument, ScrapeRequest } from '@tandem-browser/core'
import type { Notes } from './note.ts'

export const scrapeRequestNotes = {
  url: 'The address of the page: http or https.',
  formats: { description: 'What is wanted of the page.', default: ['markdown'] },
  headers: 'Headers to send to the site of the page.',
  includeTags: 'CSS selectors: keep only what they match.',
  excludeTags: 'CSS selectors: leave out what they match.',
  onlyMainContent: { description: 'Leave out navigation, footers and the like.', default: true },
  timeout: { description: 'Milliseconds for the whole scrape.', default: 30_000 },
  waitFor: {
    description: 'Milliseconds to wait when the page has loaded, at most half of `timeout`.',
    default: 0,
  },
  mobile: { description: 'Load the page as a telephone does.', default: false },
  location: 'Where the page is to think that its visitor is.',
  profile:
    'Named browser state to start from. Only a session that goes on with the scrape saves it.',
  actions: 'Done one after the other when the page has loaded and `waitFor` is over.',
  skipTlsVerification: { description: 'Take certificates that cannot be trusted.', default: false },
  blockAds: {
    description: 'Keep out hosts of advertising, of trackers and of cookie banners.',
    default: true,
  },
  removeBase64Images: {
    description: 'Leave pictures that are written out in the page out of `markdown` and `html`.',
    default: true,
  },
  fastMode: {
    description: 'Read the page as soon as its HTML is there, without its scripts.',
    default: false,
  },
  proxy: 'This server has one way out: both mean that.',
  maxAge: 'Milliseconds. Nothing is cached, so every answer is fresh.',
  minAge: 'Milliseconds. Asks for an answer from the cache, which has none.',
  storeInCache: 'Nothing is cached.',
  lockdown: 'When true, asks for an answer from the cache, which has none.',
  parsers: 'Of files that are no pages, which this server does not read.',
  redactPII: 'Only false: this server redacts nothing.',
  threatProtection: 'Only off: this server classifies no addresses.',
  auditMetadata: 'Who asked, for the log of the server.',
  zeroDataRetention: {
    description: 'Keep nothing of the scrape: it cannot be fetched or continued later.',
    default: false,
  },
  integration: 'Name of the integration that calls.',
  origin: 'Name and version of the client that calls.',
} satisfies Notes<ScrapeRequest>

export const scrapeDocumentNotes = {
  markdown: 'The content as Markdown.',
  html: 'The content as HTML, without scripts and styles.',
  rawHtml: 'The HTML as the browser holds it.',
  links: 'Absolute addresses, each once.',
  images: 'Absolute addresses of the pictures, each once.',
  screenshot: 'A picture, as a data URL.',
  actions: 'What the actions gave, each kind in the order of its actions.',
  metadata: 'What is known of the page.',
  warning: 'What the caller should know of the result.',
} satisfies Notes<ScrapeDocument>
