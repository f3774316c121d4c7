import { ConfigError } from '../config.ts'

const builtInNames = new Set(['Error', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'])

/**
 * What the command says of an error. Our own errors are sentences for the
 * reader; the stack is added only to what is likely a defect of ours.
 */
export function describeFailure(error: unknown): string {
  if (error instanceof ConfigError) {
    return ['The configuration is not right:', ...error.problems.map((text) => `  ${text}`)].join(
      '\n',
    )
  }
  if (!(error instanceof Error)) return String(error)
  return builtInNames.has(error.name) ? (error.stack ?? error.message) : error.message
}
