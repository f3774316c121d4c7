interface Closable {
  close(): Promise<void>
}

/** Whether it closed in time. An error of `close` is passed on. */
export async function closeWithinDeadline(server: Closable, deadlineMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(resolve, deadlineMs, false)
  try {
    return await Promise.race([server.close().then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
