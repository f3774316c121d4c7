import type {
  CreateSessionOptions,
  ExecuteRequest,
  InteractRequest,
  ScrapeRequest,
} from '@tandem-browser/core'
import { z } from 'zod'
import { mainTimeZone } from '../scrape/main-time-zones.ts'
import { defaultScrapeTimeout } from '../scrape/time-budget.ts'
import type { SameShape } from './same-shape.ts'

/** Most bytes of code that one execution takes. */
const maximumCodeBytes = 100_000

const integration = z.union([
  z.enum([
    'dify',
    'zapier',
    'pipedream',
    'raycast',
    'langchain',
    'crewai',
    'llamaindex',
    'n8n',
    'camelai',
    'make',
    'flowise',
    'metagpt',
    'relevanceai',
    'viasocket',
    'cli',
    'hermes',
    'gstack',
    'prometheus',
  ]),
  z.string().startsWith('_'),
])

const code = z
  .string()
  .min(1)
  .refine((text) => Buffer.byteLength(text, 'utf8') <= maximumCodeBytes, {
    error: 'Code must not exceed 100,000 UTF-8 bytes.',
  })

const language = z.enum(['node', 'python', 'bash'])
const executionTimeout = z.number().min(1).max(300)
const ttl = z.number().min(30).max(3600)
const activityTtl = z.number().min(10).max(3600)
const origin = z.string().max(200)

/** In a body, and in the address of `DELETE /v2/interact/profiles/{name}`. */
export const profileName = z
  .string()
  .refine((text) => text.length >= 1 && text.length <= 128, {
    error: 'Profile name must be between 1 and 128 characters.',
  })
  .refine((text) => text.isWellFormed(), { error: 'Profile name must be well-formed Unicode.' })

const profile = z.object({ name: profileName, saveChanges: z.boolean().optional() })

/** Body of `POST /v2/interact`; it may be missing. Unknown keys are ignored. */
export const createSessionSchema = z.object({
  ttl: ttl.optional(),
  activityTtl: activityTtl.optional(),
  streamWebView: z.boolean().optional(),
  profile: profile.optional(),
  integration: integration.optional(),
  origin: origin.optional(),
})

/** Body of `POST /v2/interact/{id}/execute`, with `prompt` beyond the contract. */
export const executeSchema = z
  .object({
    code: code.optional(),
    prompt: z.string().min(1).max(10_000).optional(),
    language: language.optional(),
    timeout: executionTimeout.optional(),
    origin: origin.optional(),
  })
  .superRefine(exactlyOneTask)
  .superRefine(runnableCode)

/** Body of `POST /v2/scrape/{jobId}/interact`. Unknown keys are ignored. */
export const interactSchema = z
  .object({
    code: code.optional(),
    prompt: z.string().min(1).max(10_000).optional(),
    language: language.optional(),
    timeout: executionTimeout.optional(),
    ttl: ttl.optional(),
    activityTtl: activityTtl.optional(),
    integration: integration.optional(),
    origin: origin.optional(),
  })
  .superRefine(exactlyOneTask)
  .superRefine(runnableCode)

function exactlyOneTask(
  body: { code?: string | undefined; prompt?: string | undefined },
  context: z.RefinementCtx,
): void {
  if (body.code === undefined && body.prompt === undefined) {
    context.addIssue({ code: 'custom', message: "Either 'code' or 'prompt' must be provided." })
  } else if (body.code !== undefined && body.prompt !== undefined) {
    context.addIssue({ code: 'custom', message: "Provide 'code' or 'prompt', not both." })
  }
}

function runnableCode(
  body: { code?: string | undefined; language?: string | undefined },
  context: z.RefinementCtx,
): void {
  if (body.language !== 'bash' || body.code?.includes('\0') !== true) return
  const message = 'Bash code must not contain a NUL character: a shell has no way to hold one.'
  context.addIssue({ code: 'custom', path: ['code'], message })
}

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

const selectors = z.array(z.string().min(1).max(1_000)).max(100)

const scrapeFormat = z.union([
  z.enum(['markdown', 'html', 'rawHtml', 'links', 'screenshot']),
  z.strictObject({ type: z.enum(['markdown', 'html', 'rawHtml', 'links']) }),
  z.strictObject({
    type: z.literal('screenshot'),
    fullPage: z.boolean().optional(),
    quality: z.number().int().min(1).max(100).optional(),
    viewport: z
      .strictObject({
        width: z.number().int().min(1).max(7680),
        height: z.number().int().min(1).max(4320),
      })
      .optional(),
  }),
])

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
      .strictObject({ country: country.optional(), languages: languages.optional() })
      .optional(),
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
  })

export const listSessionsQuerySchema = z.object({
  status: z.enum(['active', 'destroyed', 'error']).optional(),
})

// core's types are the vocabulary: a schema that accepts more or less than they
// say does not compile.
type Prompted<Type> = Omit<Type, 'code'> & { code?: string; prompt?: string }
true satisfies SameShape<z.output<typeof createSessionSchema>, CreateSessionOptions>
true satisfies SameShape<z.output<typeof executeSchema>, Prompted<ExecuteRequest>>
true satisfies SameShape<z.output<typeof interactSchema>, InteractRequest>
true satisfies SameShape<z.output<typeof scrapeSchema>, ScrapeRequest>
