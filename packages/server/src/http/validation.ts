import type { z } from 'zod'
import { ApiError } from './api-error.ts'

/**
 * Reads input by a schema.
 *
 * @throws ApiError with status 400, a sentence on the first problem, and all
 *   of them as `details`.
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): Present<z.output<Schema>> {
  const result = safeParse(schema, input)
  if (result.success) return result.data as Present<z.output<Schema>>
  const { issues } = result.error
  // Zod reports what was given only on request; nothing of it is echoed here.
  const details = issues.map(({ code, path, message }) => ({ code, path, message }))
  throw new ApiError(400, sentence(issues[0] as z.core.$ZodIssue), { code: 'BAD_REQUEST', details })
}

/** Zod compares the length of what is no text, too, and fails where it cannot be compared. */
function safeParse<Schema extends z.ZodType>(schema: Schema, input: unknown) {
  try {
    return schema.safeParse(input)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const why = 'Bad Request: a value is an object where a text, a number or a list belongs.'
    throw new ApiError(400, why, { code: 'BAD_REQUEST' })
  }
}

/** Texts that clients match on come first in the sentence, as the contract has them. */
function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom') return issue.message
  if (issue.code === 'unrecognized_keys') {
    return (
      'Unrecognized key in body -- please review the v2 API documentation for request body changes' +
      ` (${issue.keys.join(', ')})`
    )
  }
  const path = issue.path.join('.')
  return `Bad Request: ${path === '' ? '' : `${path}: `}${issue.message}`
}

/** In what JSON carries, a key that is optional is there or is missing, but never undefined. */
type Present<Type> = Type extends (infer Item)[]
  ? Present<Item>[]
  : Type extends object
    ? { [Key in keyof Type]: Present<Exclude<Type[Key], undefined>> }
    : Type
