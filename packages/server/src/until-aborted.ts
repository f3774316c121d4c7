/**
 * Settles as the promise does, or rejects with the signal's reason when that is
 * aborted first. The signal keeps nothing of it: it may outlive thousands.
 */
export async function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return promise
  // Nobody may be left who hears of its failure.
  promise.catch(() => {})
  // One that is aborted already does not say so again.
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
