import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config.ts'
import { type Observation, failure, ok } from './finding.ts'
import { explainListenFailure } from './listen-failure.ts'

/** Whether the server could listen there, found out by listening for a moment. */
export async function examineAddress(
  { host, port }: Pick<Config, 'host' | 'port'>,
  signal: AbortSignal,
): Promise<Observation> {
  const server = createServer()
  try {
    server.listen({ host, port })
    await once(server, 'listening', { signal })
    return ok(port === 0 ? `any free port of ${host}` : `port ${port} of ${host} is free`)
  } catch (error) {
    const explained = explainListenFailure(error, { host, port })
    if (!explained) throw error
    return failure(explained.problem, explained.advice)
  } finally {
    server.close()
  }
}
