import type { ScrapeDocument, ScrapeMetadata, ScrapeResponse } from '@tandem-browser/core'
import { z } from 'zod'
import type { SameShape } from '../same-shape.ts'

export const scrapeMetadata = z.looseObject({
  scrapeId: z.uuid(),
  sourceURL: z.string(),
  url: z.string(),
  statusCode: z.number().int(),
  contentType: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  language: z.string().optional(),
  error: z.string().optional(),
  proxyUsed: z.literal('basic').optional(),
  cacheState: z.literal('miss').optional(),
  creditsUsed: z.number().optional(),
  concurrencyLimited: z.boolean().optional(),
})

export const scrapeActionResults = z.object({
  screenshots: z.array(z.string()),
  scrapes: z.array(z.object({ url: z.string(), html: z.string() })),
  javascriptReturns: z.array(z.object({ type: z.string(), value: z.unknown() })),
  pdfs: z.array(z.string()),
})

export const scrapeDocument = z.object({
  markdown: z.string().optional(),
  html: z.string().optional(),
  rawHtml: z.string().optional(),
  links: z.array(z.string()).optional(),
  images: z.array(z.string()).optional(),
  screenshot: z.string().optional(),
  actions: scrapeActionResults.optional(),
  metadata: scrapeMetadata,
  warning: z.string().optional(),
})

export const scrapeResponse = z.object({ success: z.literal(true), data: scrapeDocument })

true satisfies SameShape<z.output<typeof scrapeMetadata>, ScrapeMetadata>
true satisfies SameShape<z.output<typeof scrapeDocument>, ScrapeDocument>
true satisfies SameShape<z.output<typeof scrapeResponse>, ScrapeResponse>
