import type { CreateSessionOptions, ExecuteRequest, InteractRequest } from '@tandem-browser/core'
import { z } from 'zod'
import type { SameShape } from './same-shape.ts'

/** Most bytes of code that one execution takes. */
const maximumCodeBytes = 100_000

export const integration = z.union([
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
export const origin = z.string().max(200)

/** In a body, and in the address of `DELETE /v2/interact/profiles/{name}`. */
export const profileName = z
  .string()
  .refine((text) => text.length >= 1 && text.length <= 128, {
    error: 'Profile name must be between 1 and 128 characters.',
  })
  .refine((text) => text.isWellFormed(), { error: 'Profile name must be well-formed Unicode.' })

export const profile = z.object({ name: profileName, saveChanges: z.boolean().optional() })

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
    existingSessionId: z.string().max(100).optional(),
    url: z
      .url({ protocol: /^https?$/, error: 'must be an absolute http or https address.' })
      .optional(),
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

export const listSessionsQuerySchema = z.object({
  status: z.enum(['active', 'destroyed', 'error']).optional(),
})

// core's types are the vocabulary: a schema that accepts more or less than they
// say does not compile.
type Prompted<Type> = Omit<Type, 'code'> & { code?: string; prompt?: string }
true satisfies SameShape<z.output<typeof createSessionSchema>, CreateSessionOptions>
true satisfies SameShape<z.output<typeof executeSchema>, Prompted<ExecuteRequest>>
true satisfies SameShape<z.output<typeof interactSchema>, InteractRequest>
