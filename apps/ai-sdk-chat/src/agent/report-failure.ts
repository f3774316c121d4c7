import { explainFailure } from './explain-failure.ts'

/** Puts a failure into the log, without what may be secret in it: a message may repeat a key. */
export function reportFailure(error: unknown): void {
  const { name, stack = '' } = error instanceof Error ? error : { name: typeof error }
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const lines = [`An answer failed (${name}): ${explainFailure(error)}`, ...places.slice(0, 5)]
  console.error(lines.join('\n'))
}
