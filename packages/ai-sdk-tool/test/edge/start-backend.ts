import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Backend } from '@tandem-browser/tool-conformance/backend'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    connection: Backend['connection']
    site: string
  }
}

/** Starts a server outside of the runtime that the tests are in. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const child = fork(fileURLToPath(new URL('backend-process.ts', import.meta.url)))
  const ended = once(child, 'exit')
  const failed = ended.then(([code]) => {
    throw new Error(`The server ended with ${code} before it was ready.`)
  })
  const [told] = (await Promise.race([once(child, 'message'), failed])) as [
    { connection: Backend['connection']; site: string },
  ]
  failed.catch(() => {})
  provide('connection', told.connection)
  provide('site', told.site)
  return async () => {
    child.disconnect()
    await ended
  }
}
