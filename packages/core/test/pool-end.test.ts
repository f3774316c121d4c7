import { beforeEach, describe, expect, test } from 'vitest'
import {
  AbortError,
  BrowserServiceError,
  ConcurrencyLimitError,
  NotFoundError,
  Tandem,
  TimeoutError,
  ValidationError,
} from '../src/index.ts'
import type { SessionLease } from '../src/pool/session-pool.ts'
import { failureOf } from './support/failure.ts'
import { hold, isCreate, poolOf, run } from './support/pool.ts'
import { SessionServer } from './support/session-server.ts'

let server: SessionServer
beforeEach(async () => {
  server = await SessionServer.start()
  return () => server[Symbol.asyncDispose]()
})

describe('closing', () => {
  test('ends all sessions, and takes no more calls', async () => {
    const pool = poolOf(server)
    await Promise.all(['a', 'b', 'c'].map((key) => pool.run(key, run(key))))
    expect(server.alive.size).toBe(3)
    await pool.close()
    await pool.close()
    expect(server.alive.size).toBe(0)
    expect(server.calls.filter((call) => call.startsWith('delete'))).toHaveLength(3)
    expect(AbortError.isInstance(await failureOf(pool.run('a', run('d'))))).toBe(true)
  })

  test('with `await using` ends them, too', async () => {
    {
      await using pool = poolOf(server)
      await pool.run('key', run('a'))
    }
    expect(server.alive.size).toBe(0)
  })

  test('aborts what runs and what waits', async () => {
    const pool = poolOf(server)
    const { held } = hold(server, ({ body }) => body?.['code'] === 'endless')
    const running = failureOf(pool.run('key', run('endless')))
    const waiting = failureOf(pool.run('key', run('waiting')))
    const { disconnected } = await held
    await pool.close()
    await disconnected
    expect(AbortError.isInstance(await running)).toBe(true)
    expect(AbortError.isInstance(await waiting)).toBe(true)
    expect(server.alive.size).toBe(0)
    expect(server.calls).not.toContain('run s1 waiting')
  })

  test('ends a session that is just being made', async () => {
    const pool = poolOf(server)
    const { held, release } = hold(server, isCreate)
    const call = failureOf(pool.run('key', run('a')))
    await held
    const closing = pool.close()
    expect(AbortError.isInstance(await call)).toBe(true)
    release()
    await closing
    expect(server.calls).toEqual(['create', 'delete s1'])
    expect(server.alive.size).toBe(0)
  })

  test('has a deadline, and still ends what is made after it', async () => {
    const pool = poolOf(server)
    const { held, release } = hold(server, isCreate)
    const call = failureOf(pool.run('key', run('a')))
    await held
    expect(TimeoutError.isInstance(await failureOf(pool.close({ timeout: 20 })))).toBe(true)
    await call
    release()
    await server.arrived('delete s1')
  })

  test('throws what failed, and leaves nothing else undone', async () => {
    const pool = poolOf(server)
    await Promise.all(['a', 'b', 'c'].map((key) => pool.run(key, run(key))))
    server.intercept = (exchange) => {
      if (!/s[12]$/.test(exchange.url)) return false
      exchange.json(502, { success: false, error: 'Browser is still stopping.' })
      return true
    }
    const error: unknown = await pool.close().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AggregateError)
    expect((error as AggregateError).errors).toHaveLength(2)
    expect(server.alive).toEqual(new Set(['s1', 's2']))
  })

  test('takes a session that has ended by itself as ended', async () => {
    const pool = poolOf(server)
    await pool.run('key', run('a'))
    server.intercept = (exchange) => {
      server.gone(exchange)
      return true
    }
    await pool.close()
  })
})

describe('many keys', () => {
  test('beyond the limit the session that was unused for longest is ended', async () => {
    const pool = poolOf(server, { maxSessions: 2 })
    await pool.run('a', run('1'))
    await pool.run('b', run('2'))
    await pool.run('a', run('3'))
    expect(await pool.run('c', run('4'))).toBe('s3')
    expect(server.alive).toEqual(new Set(['s1', 's3']))
    expect(pool.get('b')).toBeUndefined()
    await pool.close()
  })

  test('when all are in use there is no room', async () => {
    const pool = poolOf(server, { maxSessions: 1 })
    const { promise, resolve } = Promise.withResolvers<void>()
    const busy = pool.run('a', () => promise)
    const error = await failureOf(pool.run('b', run('1')))
    expect(ConcurrencyLimitError.isInstance(error)).toBe(true)
    resolve()
    await busy
    expect(await pool.run('b', run('2'))).toBe('s2')
    expect(server.alive).toEqual(new Set(['s2']))
    await pool.close()
  })

  test('a session that could not be ended to make room is told of in the end', async () => {
    const pool = poolOf(server, { maxSessions: 1 })
    await pool.run('a', run('1'))
    server.intercept = (exchange) => {
      if (exchange.method !== 'DELETE') return false
      exchange.json(502, { success: false, error: 'Browser is still stopping.' })
      return true
    }
    expect(await pool.run('b', run('2'))).toBe('s2')
    server.intercept = () => false
    expect(BrowserServiceError.isInstance(await failureOf(pool.close()))).toBe(true)
  })
})

describe('a session of somebody else', () => {
  test('is used, and not ended', async () => {
    const tandem = new Tandem({ baseUrl: server.url })
    const own = await tandem.sessions.create()
    const pool = poolOf(server, { tandem })
    pool.adopt('key', own.id)
    expect(await pool.run('key', run('a'))).toBe(own.id)
    await pool.close()
    expect(server.alive).toEqual(new Set([own.id]))
  })

  test('that has ended is replaced by one of the pool', async () => {
    const pool = poolOf(server)
    pool.adopt('key', 'ended')
    const work = async ({ id, replaced }: SessionLease) => ({ id, replaced })
    expect(await pool.run('key', work)).toEqual({ id: 's1', replaced: true })
    await pool.close()
    expect(server.alive.size).toBe(0)
  })

  test('takes no key that has one', async () => {
    const pool = poolOf(server)
    await pool.run('key', run('a'))
    expect(() => pool.adopt('key', 'other')).toThrow(ValidationError)
    await pool.close()
  })
})

describe('sessions of scrapes', () => {
  const startUrl = 'https://shop.example/'

  test('begin with a scrape of the page', async () => {
    const pool = poolOf(server, { kind: 'scrape', scrape: { onlyMainContent: false } })
    expect(await pool.run('key', run('a'), { startUrl })).toBe('s1')
    expect(await pool.run('key', run('b'), { startUrl: 'https://other.example/' })).toBe('s1')
    expect(server.calls).toEqual([`scrape ${startUrl}`, 'run s1 0', 'run s1 a', 'run s1 b'])
    expect(pool.get('key')?.cdpUrl).toContain('Capability-of-s1')
    await pool.close()
    expect(server.alive.size).toBe(0)
  })

  test('need a page to begin with', async () => {
    const pool = poolOf(server, { kind: 'scrape' })
    expect(NotFoundError.isInstance(await failureOf(pool.run('key', run('a'))))).toBe(true)
    expect(server.calls).toEqual([])
    await pool.close()
  })

  test('are waited for when the scrape is not known everywhere yet', async () => {
    const pool = poolOf(server, { kind: 'scrape' })
    let unknown = 1
    server.intercept = (exchange) => {
      if (!exchange.url.includes('/interact') || unknown-- <= 0) return false
      exchange.json(404, { success: false, error: 'Job not found.' })
      return true
    }
    expect(await pool.run('key', run('a'), { startUrl })).toBe('s1')
    await pool.close()
  })

  test('that may have begun although the call failed are ended', async () => {
    const pool = poolOf(server, { kind: 'scrape' })
    server.intercept = (exchange) => {
      if (exchange.method !== 'POST' || !exchange.url.includes('/interact')) return false
      exchange.reset()
      return true
    }
    await failureOf(pool.run('key', run('a'), { startUrl }))
    expect(server.calls).toContain('delete s1')
    await pool.close()
  })
})
