/** A step saw something else than it must. */
export class ExpectationError extends Error {
  override readonly name = 'ExpectationError'
  readonly expected: string
  readonly came: string

  /** @param what such as "the title of the page" */
  constructor(what: string, expected: string, came: string) {
    super(`Expected ${what} to be ${expected}, but it was ${came}.`)
    this.expected = `${what}: ${expected}`
    this.came = came
  }
}

/** Ends the step unless the value is the expected one. */
export function mustBe(what: string, came: unknown, expected: unknown): void {
  if (!Object.is(came, expected)) throw new ExpectationError(what, show(expected), show(came))
}

/** Ends the step unless the condition holds; `expected` says in words what it is. */
export function must(what: string, came: unknown, expected: string, holds: boolean): asserts holds {
  if (!holds) throw new ExpectationError(what, expected, show(came))
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
