import type { CDPSession } from 'playwright-core'

import type { TimeBudget } from './time-budget.ts'

/** The document that was asked went away before it could answer. */
export class DocumentGoneError extends Error {
  override readonly name = 'DocumentGoneError'
}

const goneMessages =
  /Cannot find context|context was destroyed|navigated or closed|Promise was collected|No frame (for|with) given id|Frame with the given id was not found/i

/**
 * Evaluates an expression beside the page's own scripts: it sees the same DOM, but has JavaScript
 * objects of its own, so a page that has replaced `JSON.parse` or `document.querySelector` does not
 * matter. The work burns the page's sandboxed renderer, not the server.
 *
 * @returns the value, copied; a promise is awaited
 * @throws DocumentGoneError when the page navigates meanwhile
 */
export async function evaluateIsolated<T>(
  cdp: CDPSession,
  expression: string,
  budget: TimeBudget,
): Promise<T> {
  try {
    return await budget.race(evaluate<T>(cdp, expression, budget))
  } catch (error) {
    if (error instanceof Error && goneMessages.test(error.message)) {
      throw new DocumentGoneError('The page navigated while it was read.', { cause: error })
    }
    throw error
  }
}

async function evaluate<T>(cdp: CDPSession, expression: string, budget: TimeBudget): Promise<T> {
  const { frameTree } = await cdp.send('Page.getFrameTree')
  const { executionContextId } = await cdp.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'tandem',
  })
  const { result, exceptionDetails } = await cdp.send('Runtime.evaluate', {
    expression,
    contextId: executionContextId,
    awaitPromise: true,
    returnByValue: true,
    // Ends the script in the renderer, too, instead of only not waiting for it.
    timeout: Math.max(1, budget.remaining),
  })
  if (exceptionDetails) {
    throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
  }
  return result.value as T
}
