import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { Benchmark, BenchmarkContext } from '../benchmark.ts'
import { kilobytes } from '../report/format.ts'
import type { Row } from '../report/row.ts'
import { slope } from '../sampling/statistics.ts'
import { RawCdp } from '../subjects/raw-cdp.ts'
import type { MeasuredMemory } from '../subjects/measured-process.ts'
import type { ServerUnderTest } from '../subjects/server-under-test.ts'
import { findTraces } from '../subjects/traces.ts'

/** Bytes of heap that a session may leave behind; one that stayed would leave a hundred kilobytes. */
const goal = 2 * 1024

/** Milliseconds until what is on its way out must be gone. */
const settleDeadline = 5_000

/** Milliseconds after which no further sessions are made, when nobody named a number. */
const budget = 60_000

/** Sessions that are made, used and deleted: what is left of them. */
export const sessionChurn: Benchmark = {
  name: 'churn',
  async run(context) {
    if (process.platform !== 'linux') throw new Error('What is left is counted on Linux only.')
    const { sessions, quick } = context.settings
    const count = sessions ?? (quick ? 10 : 100)
    // A client that keeps connections open would leave sockets in the server.
    // As many sessions are ready at the end as at the beginning.
    const server = await context.startServer({ keepAlive: false, poolSize: 2 })
    try {
      // The first ones load code.
      await churn(context, server, 4)
      await server.untilWarm(context.signal)
      const before = await lookAt(server)
      const batch = Math.max(2, Math.ceil(count / 12))
      const points = [{ x: 0, memory: await server.process.memory() }]
      const end = performance.now() + (sessions === undefined ? budget : Infinity)
      let done = 0
      while (done < count && performance.now() < end) {
        const size = Math.min(batch, count - done)
        await churn(context, server, size)
        done += size
        await server.untilWarm(context.signal)
        points.push({ x: done, memory: await server.process.memory() })
      }
      await server.untilWarm(context.signal)
      const left = await whatIsLeft(server, before)
      return [leftRow(done, left), heapRow(done, points)]
    } finally {
      await server.close()
    }
  },
}

type Counts = Readonly<
  Record<'processes' | 'folders' | 'sockets' | 'descriptors' | 'timers', number>
>

async function churn(
  { signal, site }: BenchmarkContext,
  server: ServerUnderTest,
  count: number,
): Promise<void> {
  let remaining = count
  const worker = async (): Promise<void> => {
    while (remaining > 0) {
      remaining -= 1
      signal.throwIfAborted()
      await useSession(server, site.plainPage, signal)
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: availableParallelism() }, worker))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

/** A session with a client over CDP and an execution that uses its page. */
async function useSession(
  server: ServerUnderTest,
  url: string,
  signal: AbortSignal,
): Promise<void> {
  const session = await server.tandem.sessions.create({ signal })
  try {
    const client = await RawCdp.connect(session.cdpUrl)
    try {
      const { ok, stderr } = await session.execute(`await page.goto('${url}')`, { signal })
      if (!ok) throw new Error(`The execution failed: ${stderr}`)
      await client.send('Browser.getVersion')
    } finally {
      await client.close()
    }
  } finally {
    await session.delete()
  }
}

async function lookAt(server: ServerUnderTest): Promise<Counts> {
  const traces = await findTraces(server.process.pid, server.folders)
  const resources = await server.process.resources()
  return { ...traces, timers: resources['Timeout'] ?? 0 }
}

/** More than there was before, once there was time to settle. */
async function whatIsLeft(server: ServerUnderTest, before: Counts): Promise<Counts> {
  const deadline = performance.now() + settleDeadline
  for (;;) {
    const now = await lookAt(server)
    const left = Object.fromEntries(
      (Object.keys(before) as (keyof Counts)[]).map((kind) => [kind, now[kind] - before[kind]]),
    ) as Counts
    if (Object.values(left).every((count) => count <= 0) || performance.now() > deadline)
      return left
    await delay(50)
  }
}

function leftRow(count: number, left: Counts): Row {
  const shown = Object.entries(left).map(([kind, number]) => `${number} ${kind}`)
  return {
    what: 'left of sessions that were made, used and deleted',
    tandem: shown.join(', '),
    n: count,
    goal: { text: '0', met: Object.values(left).every((number) => number <= 0) },
    data: { left },
  }
}

function heapRow(count: number, points: { x: number; memory: MeasuredMemory }[]): Row {
  const grown = (bytes: (memory: MeasuredMemory) => number): number =>
    slope(points.map(({ x, memory }) => ({ x, y: bytes(memory) })))
  // Code is compiled, and compiled better, when it is used often: that ends by itself.
  const objects = grown(({ heapUsed, compiledCode }) => heapUsed - compiledCode)
  const code = grown(({ compiledCode }) => compiledCode)
  return {
    what: 'heap that each of them left in the server',
    tandem: `${kilobytes(objects)}; and ${kilobytes(code)} of compiled code`,
    n: count,
    goal: { text: `≈ 0 (≤ ${kilobytes(goal)})`, met: objects <= goal },
    data: { unit: 'bytes', slope: objects, codeSlope: code, points },
  }
}
