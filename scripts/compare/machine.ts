import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

/** What it was measured on, in a sentence. */
export function describeMachine(): string {
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 1024 ** 3)
  return `${processor}, ${availableParallelism()} cores, ${memory} GB; ${type()} ${release()}; Node ${process.versions.node}`
}

/** The share of all cores that is in use while this process does nothing, from 0 to 1. */
export async function measureBusyness(): Promise<number> {
  const before = processorTimes()
  await delay(1_000)
  const after = processorTimes()
  return 1 - (after.idle - before.idle) / (after.total - before.total)
}

function processorTimes(): { idle: number; total: number } {
  const times = cpus().map((core) => core.times)
  return {
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    total: times.reduce((sum, each) => sum + Object.values(each).reduce((a, b) => a + b), 0),
  }
}
