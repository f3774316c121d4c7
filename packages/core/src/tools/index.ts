export type * from './contract.ts'
export type * from './inputs.ts'
export type * from './json-schema.ts'

// What is to come here: `tools`, a record of the contracts by name; `snakeCase(name)`;
// `strictSchema(schema)` for the strict modes, where every property is required and may be null.
