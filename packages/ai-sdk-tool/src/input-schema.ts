import { strictSchema, type ToolContract } from '@tandem-browser/core/tools'
import type { Schema } from 'ai'

/** The schema of a tool's input, as `jsonSchema()` of the AI SDK would make it. */
export function inputSchemaOf<Input extends object>(
  contract: ToolContract<Input>,
  strict: boolean,
): Schema<Input> {
  const schema = strict ? strictSchema(contract.inputSchema) : contract.inputSchema
  const made = {
    // By this the AI SDK knows a schema, whichever copy of it made it.
    [Symbol.for('vercel.ai.schema')]: true,
    _type: undefined,
    jsonSchema: structuredClone(schema),
    validate: (value: unknown) => {
      const validation = contract.validate(value)
      return validation.ok
        ? { success: true, value: validation.value }
        : { success: false, error: new InputError(validation.message, value) }
    },
  }
  return made as unknown as Schema<Input>
}

/**
 * An input that is wrong, in the words of the tool. The AI SDK would wrap another error in one of its
 * own, which repeats the whole input to the model.
 */
class InputError extends Error {
  readonly value: unknown

  constructor(message: string, value: unknown) {
    super(message)
    // Out of logs: it may be a secret.
    Object.defineProperty(this, 'value', { value, enumerable: false })
  }
}
for (const name of ['AI_Error', 'AI_TypeValidationError']) {
  Object.defineProperty(InputError.prototype, Symbol.for(`vercel.ai.error.${name}`), {
    value: true,
  })
}
Object.defineProperty(InputError.prototype, 'name', { value: 'AI_TypeValidationError' })
