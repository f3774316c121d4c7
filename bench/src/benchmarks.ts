import type { Benchmark } from './benchmark.ts'
import { bareProcess } from './rows/bare-process.ts'
import { cdpCall } from './rows/cdp-call.ts'
import { concurrentCreates } from './rows/concurrent-creates.ts'
import { createSession } from './rows/create-session.ts'
import { execute } from './rows/execute.ts'
import { idleSessionMemory } from './rows/idle-session-memory.ts'
import { liveCost } from './rows/live-cost.ts'
import { liveFirstFrame } from './rows/live-first-frame.ts'
import { liveFrames } from './rows/live-frames.ts'
import { roundTrip } from './rows/round-trip.ts'
import { scrape } from './rows/scrape.ts'
import { sessionChurn } from './rows/session-churn.ts'

/** Everything that is measured, in the order of the table. */
export const benchmarks: readonly Benchmark[] = [
  createSession,
  roundTrip,
  execute,
  cdpCall,
  bareProcess,
  scrape,
  concurrentCreates,
  idleSessionMemory,
  liveFirstFrame,
  liveFrames,
  liveCost,
  sessionChurn,
]
