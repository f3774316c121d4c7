import type { ObjectSchema, PropertySchema } from './json-schema.ts'

/** A property that does not fit, and what would. Never holds what was given: it may be a secret. */
export interface Problem {
  property: string
  text: string
}

/** Characters of a property's name that are shown. */
const longestName = 40

/** What is wrong with an input, and the input without the properties that are null. */
export function checkInput(
  schema: ObjectSchema,
  input: unknown,
): { value: Record<string, unknown>; problems: Problem[] } {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const text = `must be a JSON object with ${list(Object.keys(schema.properties))}, not ${kindOf(input)}.`
    return { value: {}, problems: [{ property: 'the input', text }] }
  }
  const value: Record<string, unknown> = {}
  const problems: Problem[] = []
  const known = Object.entries(schema.properties)
  for (const name of Object.keys(input)) {
    if (Object.hasOwn(schema.properties, name)) continue
    const text = `is not known. There is ${list(Object.keys(schema.properties))}.`
    problems.push({ property: name.slice(0, longestName).toWellFormed(), text })
  }
  for (const [name, property] of known) {
    const given = (input as Record<string, unknown>)[name]
    if (given === undefined || given === null) {
      if (schema.required.includes(name)) {
        problems.push({ property: name, text: `is missing. ${property.description}` })
      }
      continue
    }
    const text = problemOf(property, given)
    if (text === undefined) value[name] = given
    else problems.push({ property: name, text })
  }
  return { value, problems }
}

function problemOf(schema: PropertySchema, given: unknown): string | undefined {
  switch (schema.type) {
    case 'string':
      if (typeof given !== 'string') return `must be a string, not ${kindOf(given)}.`
      if (schema.enum && !schema.enum.includes(given)) {
        return `must be one of ${list(schema.enum.map((each) => `'${each}'`))}.`
      }
      if (given.length < (schema.minLength ?? 0)) return `must not be empty. ${schema.description}`
      if (given.length > (schema.maxLength ?? Infinity)) {
        return `is too long: ${given.length} characters of ${schema.maxLength} at most.`
      }
      // It ends strings on the way to the page.
      return given.includes('\0') ? 'must not hold a NUL character.' : undefined
    case 'integer': {
      const { minimum = -Infinity, maximum = Infinity } = schema
      if (typeof given !== 'number') return `must be a whole number, not ${kindOf(given)}.`
      if (!Number.isInteger(given)) return 'must be a whole number.'
      return given < minimum || given > maximum
        ? `must be from ${minimum} to ${maximum}.`
        : undefined
    }
    case 'boolean':
      return typeof given === 'boolean' ? undefined : `must be true or false, not ${kindOf(given)}.`
    default:
      return schema satisfies never
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function list(names: readonly string[]): string {
  return names.join(', ')
}
