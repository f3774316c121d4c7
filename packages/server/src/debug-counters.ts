import { readdir } from 'node:fs/promises'
import type { EgressGateway } from './egress/gateway.ts'
import { findMarkedProcesses } from './sandbox/process-tree.ts'
import type { SessionRegistry } from './sessions/session-registry.ts'

/** What is counted of a running server. */
export interface CounterSources {
  /** Names the server in the marks of its processes. */
  owner: string
  /** Holds the folders of the sessions. */
  directory: string
  registry: SessionRegistry
  egress: EgressGateway
}

/**
 * How many there are of everything that sessions need. Without sessions, and
 * without any kept ready, all of it is 0 but what the server itself holds:
 * `descriptors` and `timers` are then what they were after its start.
 */
export async function countResources(sources: CounterSources): Promise<Record<string, unknown>> {
  const { owner, directory, registry, egress } = sources
  const [processes, folders, descriptors] = await Promise.all([
    findMarkedProcesses((mark) => mark.startsWith(`${owner}:`)),
    readdir(directory),
    // Only Linux has it.
    readdir('/proc/self/fd').catch(() => []),
  ])
  const { sessions, clients, open } = egress.counters
  return {
    ...registry.counters,
    processes: processes.length,
    folders: folders.length,
    descriptors: descriptors.length,
    timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
    egress: { sessions, clients, connections: open },
  }
}
