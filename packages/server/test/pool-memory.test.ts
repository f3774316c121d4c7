import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { resolveConfig } from '../src/config.ts'
import { EgressGateway } from '../src/egress/gateway.ts'
import { findEngine } from '../src/index.ts'
import { NoIsolation } from '../src/sandbox/no-isolation.ts'
import { ResourceMonitor } from '../src/sandbox/resource-monitor.ts'
import { sessionLimits } from '../src/sandbox/session-limits.ts'
import { SessionFactory } from '../src/sessions/session-factory.ts'
import type { SessionParts } from '../src/sessions/session-parts.ts'
import { SessionPool } from '../src/sessions/session-pool.ts'

/** What makes sessions as a server does. */
async function makeFactory(): Promise<SessionFactory> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tandem-pool-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const config = resolveConfig({ dataDir, isolation: 'none' })
  const limits = sessionLimits(config)
  const onError = (error: unknown): never => {
    throw error
  }
  const egress = new EgressGateway({})
  onTestFinished(() => egress.close())
  return new SessionFactory({
    engine: await findEngine(),
    isolation: new NoIsolation(dataDir),
    chromiumSandbox: false,
    directory: dataDir,
    egress,
    python: config,
    limits,
    monitor: new ResourceMonitor({ limits, onError }),
  })
}

// A page that nobody can reach through the API: so the pool itself, with all that is real.
test('one that takes more and more memory before anybody has it is replaced', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const factory = await makeFactory()
  const made: SessionParts[] = []
  const pool = new SessionPool({
    make: async (id, signal) => {
      const parts = await factory.make(id, signal)
      made.push(parts)
      return parts
    },
    bounds: { least: 1, most: 1 },
    log: pino({ level: 'silent' }),
  })
  onTestFinished(() => pool.close())
  const patience = { timeout: 20_000 }
  const untilReady = () =>
    expect.poll(() => pool.counters, patience).toEqual({ ready: 1, starting: 0 })
  pool.room = 1
  await untilReady()
  const [parts] = made as [SessionParts]
  const memory = (): number => parts.watch.usage.browserMemory
  await expect.poll(() => parts.watch.usage.kernelMemory, patience).toBeGreaterThan(0)
  await expect.poll(memory, patience).toBeGreaterThan(0)
  // Looked at several times, and found well.
  vi.advanceTimersByTime(60_000)
  expect(pool.metrics.discarded.grown).toBe(0)

  const before = memory()
  const { cdp } = parts.browser
  const { targetInfos } = await cdp.command<{ targetInfos: { targetId: string; type: string }[] }>(
    'Target.getTargets',
  )
  const targetId = targetInfos.find(({ type }) => type === 'page')?.targetId as string
  const { sessionId } = await cdp.command<{ sessionId: string }>('Target.attachToTarget', {
    targetId,
    flatten: true,
  })
  const expression = `void (globalThis.hoard = Array.from({ length: 28 }, () => new Uint8Array(5e6).fill(1)))`
  await cdp.command('Runtime.evaluate', { expression }, { sessionId, deadline: 60_000 })
  await expect.poll(memory, patience).toBeGreaterThan(before + 110e6)
  vi.advanceTimersByTime(10_000)
  expect(pool.metrics.discarded.grown).toBe(1)
  await expect.poll(() => made.length, patience).toBe(2)
  await untilReady()
}, 120_000)
