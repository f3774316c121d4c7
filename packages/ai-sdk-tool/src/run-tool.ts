import { AbortError, TimeoutError } from '@tandem-browser/core'
import type { SessionPool } from '@tandem-browser/core/pool'
import type { ToolContract } from '@tandem-browser/core/tools'
import type { TandemToolsOptions } from './options.ts'
import { outputOf, type TandemToolOutput } from './output.ts'
import { Progress } from './progress.ts'
import { keyOf, type ToolCallOptions } from './session-key.ts'

/**
 * Runs a tool. What is yielded last is its result; whatever comes before are preliminary results.
 * Whoever stops listening stops what runs, on the server as well.
 *
 * @throws a `TandemError` when the service failed; an `AbortError` when the signal fired, a
 *   `TimeoutError` when it did so because time was up
 */
export async function* runTool(
  contract: ToolContract,
  pool: SessionPool,
  input: unknown,
  call: ToolCallOptions,
  { sessionKey, settings, expose = [], onProgress }: Omit<TandemToolsOptions, 'tools'>,
): AsyncGenerator<TandemToolOutput, void, undefined> {
  const { abortSignal, toolCallId } = call
  const { name: tool } = contract
  const key = keyOf(sessionKey, call)
  const progress = new Progress(tool, expose)
  const stopped = new AbortController()
  const stop = (): void => stopped.abort(abortSignal?.reason)
  abortSignal?.addEventListener('abort', stop)
  if (abortSignal?.aborted) stop()
  const done = contract.execute(input, {
    ...{ pool, key, signal: stopped.signal, settings },
    onProgress: (news) => {
      progress.add(news)
      onProgress?.(news, { tool, key, ...(toolCallId !== undefined && { toolCallId }) })
    },
  })
  try {
    while (await progress.next(done)) yield progress.show()
    yield outputOf(await done, expose)
  } catch (error) {
    if (!isTimeout(abortSignal?.reason) || !AbortError.isInstance(error)) throw error
    // What a model reads should say that it was no person who stopped it.
    throw new TimeoutError('The call took longer than the application allows, and was stopped.', {
      cause: error,
    })
  } finally {
    abortSignal?.removeEventListener('abort', stop)
    // Somebody may have left in between.
    stopped.abort()
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}
