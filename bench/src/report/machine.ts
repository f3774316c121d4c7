import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import type { Engine } from '@tandem-browser/server'

/** What the figures were measured on. */
export interface Machine {
  processor: string
  cores: number
  memoryGigabytes: number
  system: string
  node: string
  engine: string
  /** Average number of processes that wanted a core in the minute before the run. */
  loadBefore: number
}

export function describeMachine(engine: Engine): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.version,
    engine: `${engine.kind} ${engine.version}`,
    loadBefore: loadAverage(),
  }
}

/** Of the last minute. */
export function loadAverage(): number {
  return loadavg()[0] ?? 0
}

export function machineText(machine: Machine): string {
  const { processor, cores, memoryGigabytes, system, node, engine } = machine
  return `${processor}, ${cores} cores, ${memoryGigabytes} GB; ${system}; Node ${node}; ${engine}`
}

/** What else ran makes every figure worse, and some ratios: the reader has to know. */
export function loadWarning({ loadBefore, cores }: Machine): string | undefined {
  if (loadBefore < cores / 4) return undefined
  const load = loadBefore.toFixed(1)
  return `The machine was busy before the run (load ${load} on ${cores} cores): times are too long.`
}
