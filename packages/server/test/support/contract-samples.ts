import type { JsonSchema } from '../../src/http/openapi/schema-catalog.ts'

/** Values of a field that are right, its bounds among them, and some that are wrong. */
export interface Samples {
  right: readonly unknown[]
  wrong: readonly unknown[]
}

/** What a schema says of values, without references. */
export function samplesOf(schema: JsonSchema): Samples {
  if ('const' in schema) return { right: [schema['const']], wrong: ['none-of-these', 17, null] }
  if (Array.isArray(schema['enum'])) {
    return { right: schema['enum'], wrong: ['none-of-these', '', 17, null] }
  }
  const parts = (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined
  if (parts) {
    const right = parts.flatMap((part) => samplesOf(part).right)
    return { right, wrong: ['none-of-these', 17, null].filter((each) => !fits(each, parts)) }
  }
  switch (schema['type']) {
    case 'boolean':
      return { right: [true, false], wrong: ['true', 1, null] }
    case 'number':
    case 'integer':
      return numbers(schema)
    case 'string':
      return texts(schema)
    case 'array':
      return lists(schema)
    default:
      return objects(schema)
  }
}

function numbers(schema: JsonSchema): Samples {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number }
  const isWhole = schema['type'] === 'integer'
  const step = isWhole ? 1 : 0.01
  return {
    right: [minimum ?? 0, ...(maximum === undefined ? [1e6] : [maximum])],
    wrong: [
      ...(minimum === undefined ? [] : [minimum - step]),
      ...(maximum === undefined ? [] : [maximum + step]),
      ...(isWhole ? [(minimum ?? 1) + 0.5] : []),
      ...[String(minimum ?? 1), true, null, []],
    ],
  }
}

function texts(schema: JsonSchema): Samples {
  const { minLength = 0, maxLength = 100 } = schema as { minLength?: number; maxLength?: number }
  if (typeof schema['pattern'] === 'string') return { right: ['_own'], wrong: ['own', 17] }
  return {
    right: ['x'.repeat(Math.max(minLength, 1)), 'x'.repeat(maxLength)],
    wrong: [
      ...(minLength > 0 ? [''] : []),
      ...('maxLength' in schema ? ['x'.repeat(maxLength + 1)] : []),
      ...[17, null, {}],
    ],
  }
}

function lists(schema: JsonSchema): Samples {
  const { minItems = 0, maxItems } = schema as { minItems?: number; maxItems?: number }
  const items = samplesOf(schema['items'] as JsonSchema)
  const [first] = items.right
  return {
    right: [
      ...(minItems > 0 ? [] : [[]]),
      ...items.right.map((item) => [item]),
      ...(maxItems === undefined ? [] : [Array.from({ length: maxItems }, () => first)]),
    ],
    wrong: [
      ...(minItems > 0 ? [[]] : []),
      ...items.wrong.map((item) => [item]),
      ...(maxItems === undefined ? [] : [Array.from({ length: maxItems + 1 }, () => first)]),
      ...['text', {}, null],
    ],
  }
}

function objects(schema: JsonSchema): Samples {
  const properties = Object.entries(schema.properties ?? {})
  const required = new Set(schema['required'] as string[] | undefined)
  const least = Object.fromEntries(
    properties
      .filter(([name]) => required.has(name))
      .map(([name, property]) => [name, samplesOf(property).right[0]]),
  )
  const withEach = (kind: 'right' | 'wrong') =>
    properties.flatMap(([name, property]) =>
      samplesOf(property)[kind].map((value) => ({ ...least, [name]: value })),
    )
  return {
    right: [least, ...withEach('right')],
    wrong: [
      ...withEach('wrong'),
      ...[...required].map((name) => {
        const { [name]: _missing, ...rest } = least
        return rest
      }),
      ...(schema['additionalProperties'] === false ? [{ ...least, unknown: 1 }] : []),
      ...['text', 17, null],
    ],
  }
}

/** Whether one of the schemas takes such a value: a text, a number or null. */
function fits(value: unknown, parts: readonly JsonSchema[]): boolean {
  return parts.some(
    (part) =>
      part['type'] === typeof value && !('enum' in part || 'const' in part || 'pattern' in part),
  )
}
