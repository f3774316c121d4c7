import { z } from 'zod'
import type { Parameter } from './operation.ts'

export const sessionId: Parameter = {
  name: 'sessionId',
  in: 'path',
  description: 'The `id` of the session.',
  required: true,
  schema: z.string(),
}

export const jobId: Parameter = {
  name: 'jobId',
  in: 'path',
  description: 'The `metadata.scrapeId` of the scrape.',
  required: true,
  schema: z.uuid(),
}

export const idempotencyKey: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Makes the call safe to repeat: the same key gets the same answer, and what was asked for is done once. ' +
    'Answers are kept for 24 hours.',
  schema: z.string().regex(/^[\x21-\x7e]{1,255}$/),
}
