import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { Engine } from '@tandem-browser/server'

/** What the figures were measured on. */
export interface Machine {
  processor: string
  cores: number
  memoryGigabytes: number
  system: string
  node: string
  engine: string
}

export function describeMachine(engine: Engine): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.version,
    engine: `${engine.kind} ${engine.version}`,
  }
}

/** Milliseconds over which the machine is watched. */
const watched = 1_000

/** The share of all cores that is in use while this process does nothing, from 0 to 1. */
export async function measureBusyness(): Promise<number> {
  const before = processorTimes()
  await delay(watched)
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

export function machineText(machine: Machine): string {
  const { processor, cores, memoryGigabytes, system, node, engine } = machine
  return `${processor}, ${cores} cores, ${memoryGigabytes} GB; ${system}; Node ${node}; ${engine}`
}

/** What else runs makes every time longer, and changes some ratios: the reader has to know. */
export function busynessText({ before, after }: { before: number; after: number }): string {
  const percent = (share: number): string => `${Math.round(share * 100)} %`
  const text = `The processor was ${percent(before)} busy before the run and ${percent(after)} after it`
  const busy = Math.max(before, after) > 0.15
  return busy ? `${text}: **something else was running, and times are too long.**` : `${text}.`
}
