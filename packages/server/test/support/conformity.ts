import type { OpenApiDocument } from '../../src/http/openapi/document.ts'
import type { JsonSchema } from '../../src/http/openapi/schema-catalog.ts'

const formats: Readonly<Record<string, RegExp>> = {
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
}

/**
 * What of a value is not as a schema of the description has it, as sentences. What the schema does not
 * name is wrong as well, unless it says that there may be more.
 */
export function problemsOf(
  value: unknown,
  schema: JsonSchema,
  document: OpenApiDocument,
  at = 'the answer',
): string[] {
  const reference = schema['$ref']
  if (typeof reference === 'string') {
    const named = document.components.schemas[reference.split('/').at(-1) as string]
    return problemsOf(value, named as JsonSchema, document, at)
  }
  const parts = (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined
  if (parts) {
    const each = parts.map((part) => problemsOf(value, part, document, at))
    return each.some((problems) => problems.length === 0) ? [] : each.flat()
  }
  if ('const' in schema) return value === schema['const'] ? [] : [`${at} is another value`]
  const words = schema['enum'] as unknown[] | undefined
  if (words && !words.includes(value)) return [`${at} is none of ${words.join()}`]
  switch (schema['type']) {
    case 'object':
      return problemsOfObject(value, schema, document, at)
    case 'array':
      if (!Array.isArray(value)) return [`${at} is no list`]
      return value.flatMap((item: unknown, index) =>
        problemsOf(item, schema['items'] as JsonSchema, document, `${at}[${index}]`),
      )
    case 'integer':
      return Number.isInteger(value) ? [] : [`${at} is no whole number`]
    case 'string': {
      const format = formats[String(schema['format'])]
      if (typeof value !== 'string') return [`${at} is no text`]
      return format === undefined || format.test(value) ? [] : [`${at} is no ${format.source}`]
    }
    case undefined:
      return []
    default:
      return typeof value === schema['type'] ? [] : [`${at} is no ${String(schema['type'])}`]
  }
}

function problemsOfObject(
  value: unknown,
  schema: JsonSchema,
  document: OpenApiDocument,
  at: string,
): string[] {
  if (typeof value !== 'object' || value === null) return [`${at} is no object`]
  const properties = schema.properties ?? {}
  const required = (schema['required'] ?? []) as string[]
  const mayHaveMore = typeof schema['additionalProperties'] === 'object'
  return [
    ...required.filter((name) => !(name in value)).map((name) => `${at} has no ${name}`),
    ...Object.entries(value).flatMap(([name, item]) => {
      const property = properties[name]
      if (property) return problemsOf(item, property, document, `${at}.${name}`)
      return mayHaveMore ? [] : [`${at} has ${name}, which is not described`]
    }),
  ]
}
