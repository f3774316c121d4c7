import { getHeapSpaceStatistics } from 'node:v8'
import type { MeasuredMemory } from './measured-process.ts'

/** One question of the process that measures this one. */
export interface ProgramRequest {
  id: number
  command: string
  parameters: unknown
}

export interface ProgramReply {
  id: number
  result?: unknown
  error?: string
}

/**
 * Makes this process one that another measures: answers `memory`, `resources`
 * and commands of its own, and ends with its parent.
 *
 * @param close Frees everything; then the process exits.
 */
export function serveMeasurements(
  commands: Readonly<Record<string, (parameters: never) => unknown>>,
  close: () => Promise<unknown>,
): void {
  const all: typeof commands = { memory, resources: countResources, ...commands }
  // A Ctrl-C reaches every process of the terminal. The parent decides what it means.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('message', (request: ProgramRequest) => {
    void answer(request)
  })
  process.once('disconnect', () => {
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`)
        process.exit(1)
      },
    )
  })

  async function answer({ id, command, parameters }: ProgramRequest): Promise<void> {
    let reply: ProgramReply
    try {
      const run = all[command]
      if (!run) throw new Error(`There is no command ${command}.`)
      reply = { id, result: await run(parameters as never) }
    } catch (error) {
      reply = { id, error: error instanceof Error ? error.message : String(error) }
    }
    // The parent may be gone by now.
    if (process.connected) process.send?.(reply)
  }
}

/** Bytes in use once the garbage is out. */
async function memory(): Promise<MeasuredMemory> {
  if (!globalThis.gc) throw new Error('The program must run with --expose-gc.')
  // Finalizers run between collections, and free what only the next one finds.
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  const code = getHeapSpaceStatistics().filter((space) => /^(code|trusted)_/.test(space.space_name))
  const compiledCode = code.reduce((sum, space) => sum + space.space_used_size, 0)
  return { heapUsed, compiledCode, external, rss }
}

/** What keeps the event loop alive, by kind. */
function countResources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
