import { parse } from 'acorn'
import type { CDPSession } from 'playwright-core'

import { ScrapeError } from './scrape-error.ts'
import type { TimeBudget } from './time-budget.ts'

/** Characters of one value, as JSON. */
const valueLimit = 1_000_000

/**
 * Runs a caller's script in the page, among the page's own: `await` may stand anywhere, and so may
 * `return`.
 *
 * @returns the type and the value of the last expression, or of what was returned; null for what
 *   has no JSON or more than a megabyte of it
 * @throws ScrapeError with the script's own error
 */
export async function evaluateScript(
  cdp: CDPSession,
  script: string,
  budget: TimeBudget,
): Promise<{ type: string; value: unknown }> {
  const evaluate = (expression: string) =>
    budget.race(
      cdp.send('Runtime.evaluate', {
        expression,
        replMode: true,
        awaitPromise: true,
        userGesture: true,
        // Ends the script in the page, too, instead of only not waiting for it.
        timeout: Math.max(1, budget.remaining),
      }),
    )
  let answer = await evaluate(returns(script) ? `await (async () => {${script}\n})()` : script)
  if (answer.result.subtype === 'promise' && answer.result.objectId !== undefined) {
    // With await allowed anywhere, the value of the script itself is not awaited.
    answer = await budget.race(
      cdp.send('Runtime.callFunctionOn', {
        objectId: answer.result.objectId,
        functionDeclaration: 'function () { return this }',
        awaitPromise: true,
      }),
    )
  }
  const { result, exceptionDetails } = answer
  if (exceptionDetails) {
    const { exception, text } = exceptionDetails
    const thrown = exception?.description ?? exception?.value ?? text
    throw new ScrapeError(
      'SCRAPE_ACTION_ERROR',
      `The script of executeJavascript threw ${String(thrown).split('\n')[0]?.slice(0, 500)}`,
    )
  }
  const { type, objectId, unserializableValue } = result
  if (objectId !== undefined) return { type, value: await valueOf(cdp, objectId, budget) }
  const value: unknown = result.value ?? unserializableValue ?? null
  return { type, value: typeof value === 'string' ? value.slice(0, valueLimit) : value }
}

/** Whether a `return` stands outside of functions, where only a function's body can have one. */
function returns(script: string): boolean {
  const parses = (allowReturnOutsideFunction: boolean): boolean => {
    try {
      const syntax = { ecmaVersion: 'latest', allowAwaitOutsideFunction: true } as const
      parse(script, { ...syntax, allowReturnOutsideFunction })
      return true
    } catch {
      return false
    }
  }
  return !parses(false) && parses(true)
}

async function valueOf(cdp: CDPSession, objectId: string, budget: TimeBudget): Promise<unknown> {
  const { result } = await budget.race(
    cdp.send('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: `function (limit) {
        const text = JSON.stringify(this)
        return text?.length <= limit ? text : undefined
      }`,
      arguments: [{ value: valueLimit }],
      returnByValue: true,
    }),
  )
  cdp.send('Runtime.releaseObject', { objectId }).catch(() => {})
  return typeof result.value === 'string' ? (JSON.parse(result.value) as unknown) : null
}
