import type { PaperFormat, ScrapeRequest } from '@tandem-browser/core'
import { z } from 'zod'
import { isKey } from '../scrape/keyboard-keys.ts'
import { mainTimeZone } from '../scrape/main-time-zones.ts'
import { defaultScrapeTimeout } from '../scrape/time-budget.ts'
import type { SameShape } from './same-shape.ts'
import { integration, origin, profile } from './schemas.ts'

const country = z
  .string()
  .refine((text) => /^[a-z]{2}$/i.test(text) && mainTimeZone(text.toUpperCase()) !== undefined, {
    error: 'must be a country as in ISO 3166-1, such as "DE".',
  })

const languages = z
  .array(z.string().refine(isLanguage, { error: 'must be a language, such as "de-AT".' }))
  .min(1)
  .max(10)

function isLanguage(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}

const timezone = z
  .string()
  .refine(isTimeZone, { error: 'must be a time zone, such as "Europe/Vienna".' })

function isTimeZone(text: string): boolean {
  // An offset such as "+01:00" is one for scripts, but not for browsers.
  if (!/^[a-z]/i.test(text)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const selector = z.string().min(1).max(1_000)
const selectors = z.array(selector).max(100)

const picture = {
  fullPage: z.boolean().optional(),
  quality: z.number().int().min(1).max(100).optional(),
  viewport: z
    .strictObject({
      width: z.number().int().min(1).max(7680),
      height: z.number().int().min(1).max(4320),
    })
    .optional(),
}

const textFormat = z.enum(['markdown', 'html', 'rawHtml', 'links', 'images'])

const scrapeFormat = z.union(
  [
    textFormat,
    z.literal('screenshot'),
    z.strictObject({ type: textFormat }),
    z.strictObject({ type: z.literal('screenshot'), ...picture }),
  ],
  {
    error:
      'must be "markdown", "html", "rawHtml", "links", "images" or "screenshot", as a word or as ' +
      'the type of an object with the options of that format. This server has no other formats.',
  },
)

const paper = ['A0', 'A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'Letter', 'Legal', 'Tabloid', 'Ledger']

/** Milliseconds that a scrape may be told to wait altogether. */
const longestWaits = 60_000

const scrapeAction = z.discriminatedUnion(
  'type',
  [
    z
      .strictObject({
        type: z.literal('wait'),
        milliseconds: z.number().int().min(1).max(longestWaits).optional(),
        selector: selector.optional(),
      })
      .refine((wait) => (wait.milliseconds === undefined) !== (wait.selector === undefined), {
        error: 'A wait has either "milliseconds" or "selector".',
      }),
    z.strictObject({ type: z.literal('click'), selector, all: z.boolean().optional() }),
    z.strictObject({ type: z.literal('write'), text: z.string().max(10_000) }),
    z.strictObject({
      type: z.literal('press'),
      key: z.string().refine(isKey, {
        error: 'A key is a character or has a name such as "Enter", also with others: "Control+A".',
      }),
    }),
    z.strictObject({
      type: z.literal('scroll'),
      direction: z.enum(['up', 'down']).optional(),
      selector: selector.optional(),
    }),
    z.strictObject({ type: z.literal('screenshot'), ...picture }),
    z.strictObject({ type: z.literal('scrape') }),
    z.strictObject({
      type: z.literal('executeJavascript'),
      script: z.string().min(1).max(100_000),
    }),
    z.strictObject({
      type: z.literal('pdf'),
      format: z.enum(paper as PaperFormat[]).optional(),
      landscape: z.boolean().optional(),
      scale: z.number().min(0.1).max(2).optional(),
    }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'must have as type one of wait, click, write, press, scroll, screenshot, scrape, executeJavascript and pdf.'
        : undefined,
  },
)

/** Body of `POST /v2/scrape`. */
export const scrapeSchema = z
  .strictObject({
    url: z.url({ protocol: /^https?$/, error: 'must be an absolute http or https address.' }),
    formats: z.array(scrapeFormat).min(1).max(10).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    includeTags: selectors.optional(),
    excludeTags: selectors.optional(),
    onlyMainContent: z.boolean().optional(),
    timeout: z.number().min(1000).max(300_000).optional(),
    waitFor: z.number().min(0).max(60_000).optional(),
    mobile: z.boolean().optional(),
    location: z
      .strictObject({
        country: country.optional(),
        languages: languages.optional(),
        timezone: timezone.optional(),
      })
      .optional(),
    actions: z.array(scrapeAction).max(50).optional(),
    skipTlsVerification: z.boolean().optional(),
    blockAds: z.boolean().optional(),
    removeBase64Images: z.boolean().optional(),
    fastMode: z.boolean().optional(),
    proxy: z
      .enum(['basic', 'auto'], {
        error: 'must be "basic" or "auto": this server has one way out and no other proxies.',
      })
      .optional(),
    maxAge: z.number().min(0).optional(),
    minAge: z.number().min(0).optional(),
    storeInCache: z.boolean().optional(),
    lockdown: z.boolean().optional(),
    parsers: z
      .array(z.union([z.string(), z.record(z.string(), z.unknown())]))
      .max(10)
      .optional(),
    redactPII: z
      .literal(false, { error: 'can only be false: this server redacts nothing.' })
      .optional(),
    threatProtection: z
      .strictObject({
        mode: z.literal('off', {
          error: 'can only be "off": this server classifies no addresses.',
        }),
      })
      .optional(),
    auditMetadata: z.strictObject({ username: z.string().min(1).max(200) }).optional(),
    zeroDataRetention: z.boolean().optional(),
    profile: profile.strict().optional(),
    integration: integration.optional(),
    origin: origin.optional(),
  })
  .superRefine((body, context) => {
    const timeout = body.timeout ?? defaultScrapeTimeout
    if (body.waitFor !== undefined && body.waitFor > timeout / 2) {
      context.addIssue({
        code: 'custom',
        path: ['waitFor'],
        message: `waitFor must be at most half of timeout, which is ${timeout} ms.`,
      })
    }
    const waits = (body.actions ?? []).map((action) =>
      action.type === 'wait' ? (action.milliseconds ?? 0) : 0,
    )
    const total = waits.reduce((sum, wait) => sum + wait, body.waitFor ?? 0)
    const limit = Math.min(longestWaits, timeout)
    if (total > limit) {
      context.addIssue({
        code: 'custom',
        path: ['actions'],
        message:
          `waitFor and the waits of actions are ${total} ms together; they must be at most ` +
          `${limit} ms${limit === timeout ? ', which is the timeout' : ''}.`,
      })
    }
  })

true satisfies SameShape<z.output<typeof scrapeSchema>, ScrapeRequest>
