import { inspect } from 'node:util'
import { expect } from 'vitest'

/** Nothing that can be printed of the error holds the secret, down to its causes. */
export function expectNoSecret(error: unknown, ...secrets: string[]): void {
  const printed: string[] = [inspect(error, { depth: Infinity, showHidden: true })]
  for (let current = error; current instanceof Error; current = current.cause) {
    printed.push(current.message, String(current), current.stack ?? '', JSON.stringify(current))
    for (const key of Reflect.ownKeys(current)) printed.push(inspect(Reflect.get(current, key)))
  }
  for (const secret of secrets) {
    for (const text of printed) expect(text).not.toContain(secret)
  }
}

/** What the promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('Expected a rejection, but the call succeeded.')
}
