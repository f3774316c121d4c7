/**
 * The part of JSON Schema that the tools use. It is one that OpenAI, Anthropic
 * and Google all take: flat objects, no `oneOf`, no lists of types.
 */
export interface ObjectSchema {
  type: 'object'
  properties: Readonly<Record<string, PropertySchema>>
  /** Properties that are not listed may be left out, or be null. */
  required: readonly string[]
  additionalProperties: false
}

export type PropertySchema = StringSchema | IntegerSchema | BooleanSchema

export interface StringSchema {
  type: 'string'
  description: string
  enum?: readonly string[]
  minLength?: number
  maxLength?: number
}

export interface IntegerSchema {
  type: 'integer'
  description: string
  minimum?: number
  maximum?: number
}

export interface BooleanSchema {
  type: 'boolean'
  description: string
}

/** A schema in the form of the strict modes. */
export interface StrictObjectSchema {
  type: 'object'
  properties: Readonly<Record<string, StrictPropertySchema>>
  required: readonly string[]
  additionalProperties: false
}

export interface StrictPropertySchema {
  type: PropertySchema['type'] | readonly [PropertySchema['type'], 'null']
  description: string
  enum?: readonly (string | null)[]
}

/**
 * The same schema for `strict: true`: every property is required, and what was optional may be
 * null. Limits of length and size, which not every strict mode knows, are left to the tool.
 */
export function strictSchema({ properties, required }: ObjectSchema): StrictObjectSchema {
  const strict = Object.entries(properties).map(([name, property]) => {
    const { type, description } = property
    const values = 'enum' in property ? property.enum : undefined
    const changed: StrictPropertySchema = required.includes(name)
      ? { type, description, ...(values && { enum: values }) }
      : { type: [type, 'null'], description, ...(values && { enum: [...values, null] }) }
    return [name, changed]
  })
  return {
    type: 'object',
    properties: Object.fromEntries(strict) as Record<string, StrictPropertySchema>,
    required: Object.keys(properties),
    additionalProperties: false,
  }
}
