import {
  AbortError,
  ConnectionError,
  NotFoundError,
  RateLimitError,
  Tandem,
} from '@tandem-browser/core'

/**
 * One of everything the client does, as a program that every runtime can run.
 * Gives back JSON, the only value that passes every border between them.
 */
export async function exercise(baseUrl: string, closedUrl: string): Promise<string> {
  const tandem = new Tandem({ baseUrl, apiKey: 'td-runtime-test-key' })
  const seen: Record<string, unknown> = {}

  const session = await tandem.sessions.create({ ttl: 60 })
  seen['printed'] = JSON.stringify(session)
  seen['cdpUrl'] = session.cdpUrl
  seen['requestId'] = session.requestId
  seen['result'] = (await session.execute('1 + 1')).result

  const events: string[] = []
  for await (const event of session.stream('stream')) {
    events.push(event.type === 'result' ? event.execution.result : event.type)
  }
  seen['events'] = events

  const controller = new AbortController()
  try {
    for await (const _ of session.stream('endless', { signal: controller.signal })) {
      controller.abort('enough')
    }
  } catch (error) {
    seen['aborted'] = AbortError.isInstance(error) && error.cause
  }

  seen['retried'] = (await tandem.sessions.list()).length
  try {
    await tandem.sessions.get('missing')
  } catch (error) {
    seen['missing'] = NotFoundError.isInstance(error) && [error.name, error.requestId]
  }
  try {
    await session.execute('too much')
  } catch (error) {
    seen['limited'] = RateLimitError.isInstance(error) && error.retryAfter
  }
  try {
    await new Tandem({ baseUrl: closedUrl, maxRetries: 0 }).sessions.delete('a')
  } catch (error) {
    seen['refused'] = ConnectionError.isInstance(error) && error.name
  }
  seen['ended'] = (await session.delete()).creditsBilled
  return JSON.stringify(seen)
}
