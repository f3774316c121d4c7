import type { Benchmark, BenchmarkContext } from '../benchmark.ts'
import { megabytes } from '../report/format.ts'
import { slope } from '../sampling/statistics.ts'
import { type MeasuredMemory, MeasuredProcess } from '../subjects/measured-process.ts'

const playwrightProgram = new URL('../subjects/playwright-program.ts', import.meta.url)

/** Bytes that a session may add. */
const goal = 3 * 1024 ** 2

/** What the server's own process needs for a session that does nothing. */
export const idleSessionMemory: Benchmark = {
  name: 'memory',
  async run(context) {
    const count = context.settings.quick ? 4 : 12
    const tandem = perUnit(await growServer(context, count))
    const playwright = perUnit(await growPlaywright(context, count))
    return [
      {
        what: 'memory that an idle session adds to the server: heap and buffers; resident',
        tandem: shown(tandem),
        baseline: {
          what: 'a browser with a page, in the process that launched it',
          measured: shown(playwright),
        },
        ratio: tandem.used / playwright.used,
        n: count,
        goal: { text: `≤ ${megabytes(goal)}`, met: Math.max(tandem.used, tandem.resident) <= goal },
        data: { unit: 'bytes', tandem, playwright },
      },
    ]
  },
}

interface MemoryPerUnit {
  used: number
  resident: number
}

function shown({ used, resident }: MemoryPerUnit): string {
  return `${megabytes(used)}; ${megabytes(resident)}`
}

function perUnit(measured: readonly MeasuredMemory[]): MemoryPerUnit {
  const per = (bytes: (memory: MeasuredMemory) => number): number =>
    slope(measured.map((memory, index) => ({ x: index, y: bytes(memory) })))
  return {
    used: per(({ heapUsed, external }) => heapUsed + external),
    resident: per(({ rss }) => rss),
  }
}

async function growServer(context: BenchmarkContext, count: number): Promise<MeasuredMemory[]> {
  // Those that are kept ready would come and go between two measurements.
  const server = await context.startServer({ poolSize: 0 })
  try {
    const addSession = async (): Promise<void> => {
      const session = await server.tandem.sessions.create({ signal: context.signal })
      // Its kernel is a part of an idle session, and is ready when it has answered.
      await session.execute('0')
    }
    return await grow(server.process, addSession, count, context.signal)
  } finally {
    await server.close()
  }
}

async function growPlaywright(context: BenchmarkContext, count: number): Promise<MeasuredMemory[]> {
  const program = new MeasuredProcess(playwrightProgram, {})
  try {
    return await grow(program, () => program.request('launch'), count, context.signal)
  } finally {
    await program.close()
  }
}

async function grow(
  subject: MeasuredProcess,
  add: () => Promise<void>,
  count: number,
  signal: AbortSignal,
): Promise<MeasuredMemory[]> {
  // The first ones load code; that is paid once and no part of a session.
  for (let warmup = 0; warmup < 2; warmup += 1) await add()
  const measured = [await subject.memory()]
  while (measured.length <= count) {
    signal.throwIfAborted()
    await add()
    measured.push(await subject.memory())
  }
  return measured
}
