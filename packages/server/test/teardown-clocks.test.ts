import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Lifetime } from '../src/sessions/lifetime.ts'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

describe('the clocks of a session', () => {
  const limits = { total: 600_000, idle: 300_000 }
  let ends: string[]
  let lifetime: Lifetime

  beforeEach(() => {
    vi.useFakeTimers()
    ends = []
    lifetime = new Lifetime(limits, (reason) => ends.push(reason))
  })

  afterEach(() => {
    lifetime.stop()
    expectNoTimers()
    vi.useRealTimers()
  })

  function expectNoTimers(): void {
    expect(vi.getTimerCount()).toBe(0)
  }

  test('end it when it was idle for so long, and not before', () => {
    vi.advanceTimersByTime(299_999)
    expect(ends).toEqual([])
    vi.advanceTimersByTime(1)
    expect(ends).toEqual(['idle'])
  })

  test('count the idle time from the last activity', () => {
    for (const step of [200_000, 299_999]) {
      vi.advanceTimersByTime(step)
      lifetime.touch()
    }
    expect(lifetime.lastActivity).toBe(Date.now())
    vi.advanceTimersByTime(100_000)
    expect(ends).toEqual([])
  })

  test('end it after its whole time, however active it is', () => {
    for (let minute = 1; minute < 10; minute += 1) {
      vi.advanceTimersByTime(60_000)
      lifetime.touch()
    }
    vi.advanceTimersByTime(59_999)
    expect(ends).toEqual([])
    vi.advanceTimersByTime(1)
    expect(ends).toEqual(['ttl'])
    expect(lifetime.expiresAt).toBe(Date.now())
  })

  test('do not call a session idle that is in use, and count from the end of the use', async () => {
    const first = Promise.withResolvers<void>()
    const second = Promise.withResolvers<void>()
    const uses = [lifetime.use(() => first.promise), lifetime.use(() => second.promise)]
    vi.advanceTimersByTime(200_000)
    first.resolve()
    await uses[0]
    vi.advanceTimersByTime(310_000)
    expect(ends).toEqual([])
    second.reject(new Error('The execution failed.'))
    await expect(uses[1]).rejects.toThrow('failed')
    vi.advanceTimersByTime(89_999)
    expect(ends).toEqual([])
    vi.advanceTimersByTime(1)
    expect(ends).toEqual(['ttl'])
  })

  test('stand still once the session has ended', () => {
    lifetime.stop()
    vi.advanceTimersByTime(3_600_000)
    expect(ends).toEqual([])
  })
})

describe('a session of ten idle seconds', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await TestServer.start()
  })

  afterAll(() => server.close())

  test('ends as idle; CDP commands and executions keep others alive', async () => {
    const options = { activityTtl: 10 }
    const [idle, driven, executing] = await Promise.all([
      server.createSession(options),
      server.createSession(options),
      server.createSession(options),
    ])
    const [silent, client] = await Promise.all([
      RawClient.connect(idle.cdpUrl),
      RawClient.connect(driven.cdpUrl),
    ])
    const start = performance.now()
    const commands = setInterval(() => client.write({ id: 1, method: 'Browser.getVersion' }), 1_000)
    const execution = server.api('POST', `/v2/interact/${executing.id}/execute`, {
      code: `await new Promise((resolve) => setTimeout(resolve, 12_000)), 'still there'`,
    })
    // That a client is connected is no activity.
    expect(await silent.closed).toMatchObject({ code: 1000 })
    const elapsed = performance.now() - start
    expect(elapsed).toBeGreaterThan(8_000)
    expect(elapsed).toBeLessThan(20_000)
    const { body } = await server.api('GET', `/v2/interact/${idle.id}`)
    expect(body).toMatchObject({ status: 'destroyed', endReason: 'idle' })
    const { createdAt, lastActivity, sessionDurationMs } = body as Record<string, string>
    const endedAt = Date.parse(createdAt ?? '') + Number(sessionDurationMs)
    const idleEnd = Date.parse(lastActivity ?? '') + 10_000
    expect(Math.abs(endedAt - idleEnd)).toBeLessThan(2_000)
    const refused = await server.api('POST', `/v2/interact/${idle.id}/execute`, { code: '1' })
    expect(refused).toMatchObject({ status: 410, body: { details: { endReason: 'idle' } } })
    expect((await execution).body).toMatchObject({ result: 'still there' })
    const { body: alive } = await server.api('GET', `/v2/interact/${driven.id}`)
    clearInterval(commands)
    // Activity does not move the end of the whole time.
    expect(alive).toMatchObject({ status: 'active', expiresAt: driven.expiresAt })
    expect(Date.now() - Date.parse(String(alive['lastActivity']))).toBeLessThan(2_000)
    await client.close()
  })
  // Nothing may live shorter than half a minute; run with `TANDEM_TEST_LONG=1`.
  test.runIf(process.env['TANDEM_TEST_LONG'] === '1')(
    'a session ends when it said that it would, also in the middle of an execution',
    async () => {
      const { id, expiresAt } = await server.createSession({ ttl: 30 })
      const code = 'await new Promise((resolve) => setTimeout(resolve, 60_000))'
      const cut = await server.api('POST', `/v2/interact/${id}/execute`, { code, timeout: 90 })
      expect(cut).toMatchObject({ status: 410, body: { details: { endReason: 'ttl' } } })
      expect(Math.abs(Date.now() - Date.parse(expiresAt))).toBeLessThan(2_000)
    },
    60_000,
  )
})
