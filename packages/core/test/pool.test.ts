import { getEventListeners } from 'node:events'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, test } from 'vitest'
import { AbortError, BrowserServiceError, SessionDestroyedError } from '../src/index.ts'
import type { SessionLease } from '../src/pool/session-pool.ts'
import { failureOf } from './support/failure.ts'
import { hold, isCreate, poolOf, run } from './support/pool.ts'
import { SessionServer } from './support/session-server.ts'

let server: SessionServer
beforeEach(async () => {
  server = await SessionServer.start()
  return () => server[Symbol.asyncDispose]()
})

describe('one session for a key', () => {
  test('is made once, however many ask at the same time, and serves them in order', async () => {
    const pool = poolOf(server)
    const codes = ['a', 'b', 'c', 'd']
    const ids = await Promise.all(codes.map((code) => pool.run('key', run(code))))
    expect(new Set(ids)).toEqual(new Set(['s1']))
    expect(server.calls).toEqual(['create', 'run s1 a', 'run s1 b', 'run s1 c', 'run s1 d'])
    await pool.close()
  })

  test('runs the next work only when the one before has ended', async () => {
    const pool = poolOf(server)
    const { promise, resolve } = Promise.withResolvers<void>()
    const order: string[] = []
    const first = pool.run('key', async () => {
      await promise
      order.push('first')
    })
    const second = pool.run('key', async () => order.push('second'))
    const other = await pool.run('other', run('x'))
    expect(other).toBe('s2')
    expect(order).toEqual([])
    resolve()
    await Promise.all([first, second])
    expect(order).toEqual(['first', 'second'])
    await pool.close()
  })

  test('work that throws leaves the session to the next', async () => {
    const pool = poolOf(server)
    await expect(pool.run('key', () => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
    expect(await pool.run('key', run('next'))).toBe('s1')
    await pool.close()
  })

  test('whoever waited for a session that cannot be made shares the failure; the next tries again', async () => {
    const pool = poolOf(server)
    const { held } = hold(server, isCreate)
    const waiting = ['a', 'b', 'c'].map((code) => failureOf(pool.run('key', run(code))))
    ;(await held).json(500, { success: false, error: 'No engine.' })
    const errors = await Promise.all(waiting)
    expect(errors.map((error) => BrowserServiceError.isInstance(error))).toEqual([true, true, true])
    expect(server.created).toBe(1)
    expect(await pool.run('key', run('later'))).toBe('s1')
    await pool.close()
  })

  test('is known to the application, and printed without its URLs', async () => {
    const pool = poolOf(server)
    expect(pool.get('key')).toBeUndefined()
    await pool.run('key', async (session) => {
      expect(inspect(session)).not.toContain('Capability')
      expect(JSON.stringify(session)).not.toContain('Capability')
    })
    expect(pool.get('key')).toMatchObject({ id: 's1' })
    expect(pool.get('key')?.cdpUrl).toContain('Capability-of-s1')
    expect(inspect(pool.get('key'), { getters: true })).not.toContain('Capability')
    await pool.close()
  })

  test('is released, and another one is made when it is needed', async () => {
    const pool = poolOf(server)
    await pool.run('key', run('a'))
    await pool.release('key')
    expect(server.alive.size).toBe(0)
    expect(pool.get('key')).toBeUndefined()
    await pool.release('key')
    await pool.release('never used')
    expect(await pool.run('key', run('b'))).toBe('s2')
    await pool.close()
  })
})

describe('an abort', () => {
  test('takes a call that waits out of the queue at once', async () => {
    const pool = poolOf(server)
    const { promise, resolve } = Promise.withResolvers<void>()
    const first = pool.run('key', () => promise)
    const controller = new AbortController()
    let ran = false
    const second = pool.run('key', async () => (ran = true), { signal: controller.signal })
    const third = pool.run('key', run('third'))
    controller.abort('enough')
    const error = await failureOf(second)
    expect(AbortError.isInstance(error) && error.cause).toBe('enough')
    resolve()
    await Promise.all([first, third])
    expect(ran).toBe(false)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    await pool.close()
  })

  test('closes the connection of the call that runs', async () => {
    const pool = poolOf(server)
    const { held } = hold(server, ({ body }) => body?.['code'] === 'endless')
    const controller = new AbortController()
    const call = pool.run('key', run('endless'), { signal: controller.signal })
    const { disconnected } = await held
    controller.abort()
    expect(AbortError.isInstance(await failureOf(call))).toBe(true)
    await disconnected
    expect(await pool.run('key', run('next'))).toBe('s1')
    await pool.close()
  })

  test('while the session is made leaves the session to the next call', async () => {
    const pool = poolOf(server)
    const { held, release } = hold(server, isCreate)
    const controller = new AbortController()
    const call = pool.run('key', run('a'), { signal: controller.signal })
    await held
    controller.abort()
    expect(AbortError.isInstance(await failureOf(call))).toBe(true)
    const next = pool.run('key', run('b'))
    release()
    expect(await next).toBe('s1')
    expect(server.calls).toEqual(['create', 'run s1 b'])
    await pool.close()
    expect(server.alive.size).toBe(0)
  })

  test('before the call makes nothing', async () => {
    const pool = poolOf(server)
    const call = pool.run('key', run('a'), { signal: AbortSignal.abort() })
    expect(AbortError.isInstance(await failureOf(call))).toBe(true)
    await pool.close()
    expect(server.calls).toEqual([])
  })
})

describe('a session that is gone', () => {
  test.each([410, 404])('is replaced once (%i), and the work is told', async (status) => {
    const pool = poolOf(server)
    await pool.run('key', run('a'))
    server.alive.clear()
    server.intercept = (exchange) => {
      if (!exchange.url.includes('s1')) return false
      server.gone(exchange, status)
      return true
    }
    const seen: [string, boolean][] = []
    const work = async (session: SessionLease) => {
      seen.push([session.id, session.replaced])
      await session.execute({ code: 'b' })
    }
    await Promise.all([pool.run('key', work), pool.run('key', work)])
    expect(seen).toEqual([
      ['s1', false],
      ['s2', true],
      ['s2', false],
    ])
    expect(server.created).toBe(2)
    await pool.close()
  })

  test('is replaced when a stream says so, too', async () => {
    const pool = poolOf(server)
    await pool.run('key', run('a'))
    server.alive.clear()
    const stream = async (session: SessionLease) => {
      await Array.fromAsync(session.stream({ code: 'b' }))
      return session.replaced
    }
    expect(await pool.run('key', stream)).toBe(true)
    await pool.close()
  })

  test('is not replaced a second time for the same work', async () => {
    const pool = poolOf(server)
    server.intercept = (exchange) => {
      if (!exchange.url.includes('/execute')) return false
      server.gone(exchange)
      return true
    }
    expect(SessionDestroyedError.isInstance(await failureOf(pool.run('key', run('a'))))).toBe(true)
    expect(server.created).toBe(2)
    await pool.close()
  })

  test('is remembered when work has hidden it', async () => {
    const pool = poolOf(server)
    await pool.run('key', run('a'))
    server.alive.clear()
    await pool.run('key', async (session) => session.execute({ code: 'b' }).catch(() => {}))
    expect(await pool.run('key', async (session) => session.replaced)).toBe(true)
    expect(server.created).toBe(2)
    await pool.close()
  })

  test.each([
    [401, { success: false, error: 'Unauthorized' }],
    [502, { success: false, error: 'Failed to execute code in browser session.' }],
    [404, undefined],
  ])('is something else than a failure with %i %j', async (status, body) => {
    const pool = poolOf(server)
    await pool.run('key', run('a'))
    server.intercept = (exchange) => {
      if (body) exchange.json(status, body)
      else exchange.text(status, 'Cannot POST this')
      return true
    }
    await failureOf(pool.run('key', run('b')))
    server.intercept = () => false
    expect(await pool.run('key', run('c'))).toBe('s1')
    expect(server.created).toBe(1)
    await pool.close()
  })
})
