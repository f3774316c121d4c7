import { type JsonSchema, referenceTo } from './schema-catalog.ts'

/** A JSON Schema in a few words of HTML, such as `number 30–3600`. */
export function describeType(schema: JsonSchema): string {
  const reference = schema['$ref']
  if (typeof reference === 'string') {
    const name = reference.slice(referenceTo('').length)
    return `<a href="#${name.toLowerCase()}"><code>${name}</code></a>`
  }
  if ('const' in schema) return code(JSON.stringify(schema['const']))
  const words = schema['enum']
  if (Array.isArray(words)) return words.map((word) => code(JSON.stringify(word))).join(' or ')
  for (const key of ['anyOf', 'oneOf']) {
    const parts = schema[key]
    if (Array.isArray(parts) && !schema.properties) {
      return parts.map((part) => describeType(part as JsonSchema)).join(' or ')
    }
  }
  if (schema['type'] === 'array') return `list of ${describeType(schema['items'] as JsonSchema)}`
  if (schema.properties) {
    const parts = Object.entries(schema.properties).map(
      ([name, part]) => `${code(name)}: ${describeType(part)}`,
    )
    return `{ ${parts.join(', ')} }`
  }
  const type = typeof schema['type'] === 'string' ? schema['type'] : 'anything'
  return `${type}${bounds(schema)}`
}

function bounds(schema: JsonSchema): string {
  const ofNumber = 'minimum' in schema || 'maximum' in schema
  const least = numberOf(schema[ofNumber ? 'minimum' : 'minLength'])
  const most = numberOf(schema[ofNumber ? 'maximum' : 'maxLength'])
  const unit = ofNumber ? '' : ' characters'
  if (most !== undefined) return ` ${least === undefined ? '≤ ' : `${least}–`}${most}${unit}`
  return least === undefined ? '' : ` ≥ ${least}${unit}`
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function code(text: string): string {
  return `<code>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</code>`
}
