/**
 * The part of JSON Schema that the tools use. It is a subset of what OpenAI,
 * Anthropic and Google take: flat objects, no `oneOf`, no type lists.
 */
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

/** What a tool takes. Properties that are not `required` may be left out or null. */
export interface ObjectSchema {
  type: 'object'
  properties: Readonly<Record<string, PropertySchema>>
  required: readonly string[]
  additionalProperties: false
}
