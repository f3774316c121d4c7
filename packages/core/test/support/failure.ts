import { TandemError } from '../../src/index.ts'

/** The error that a call ends with; anything else fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<TandemError> {
  try {
    await call
  } catch (error) {
    if (error instanceof TandemError) return error
    throw error
  }
  throw new Error('The call succeeded, though it was to fail.')
}
