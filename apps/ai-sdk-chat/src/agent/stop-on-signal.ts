import { conversations } from './conversations.ts'

/** Ends every conversation on SIGINT and SIGTERM, and then the process. */
export function stopOnSignal(): void {
  let isStopping = false
  const stop = (): void => {
    // A Ctrl-C may come twice, from the terminal and from whoever started this.
    if (isStopping) return
    isStopping = true
    conversations()
      .close()
      .catch((error: unknown) => {
        process.exitCode = 1
        console.error(`Not every session was ended (${(error as Error).name}).`)
      })
      // Next.js keeps connections open that would keep the process.
      .finally(() => process.exit())
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}
