import { readFile } from 'node:fs/promises'
import type { ProcessSample } from './process-table.ts'

/** What processes use, with what they share counted once. */
export interface MemoryMeasurement {
  /** Bytes of private memory, of files, and of shared memory. */
  readonly private: number
  readonly files: number
  readonly shared: number
  /** Bytes of each process, greatest first. */
  readonly processes: readonly { readonly sample: ProcessSample; readonly bytes: number }[]
}

interface Portion {
  private: number
  files: number
  shared: number
}

/** Files that are read at once. Each takes the kernel up to some milliseconds. */
const atOnce = 4

/** Milliseconds for all of it. What is left then is taken to share as much as the rest. */
const patience = 150

/**
 * Reads the proportional set size of processes: of memory that several have,
 * each one's part. Exact and dear, since the kernel walks all of their pages.
 */
export async function measureMemory(samples: Iterable<ProcessSample>): Promise<MemoryMeasurement> {
  const greatestFirst = [...samples].toSorted((a, b) => b.residentBytes - a.residentBytes)
  const total: Portion = { private: 0, files: 0, shared: 0 }
  const processes: { sample: ProcessSample; bytes: number }[] = []
  const until = performance.now() + patience
  let next = 0
  let measured = 0
  let resident = 0
  while (next < greatestFirst.length && (next === 0 || performance.now() < until)) {
    const batch = greatestFirst.slice(next, next + atOnce)
    next += batch.length
    const portions = await Promise.all(batch.map(portionOf))
    for (const [index, portion] of portions.entries()) {
      const sample = batch[index]
      if (!portion || !sample) continue
      const bytes = portion.private + portion.files + portion.shared
      for (const kind of ['private', 'files', 'shared'] as const) total[kind] += portion[kind]
      processes.push({ sample, bytes })
      measured += bytes
      resident += sample.residentBytes
    }
  }
  const ratio = resident === 0 ? 1 : Math.min(1, measured / resident)
  for (const sample of greatestFirst.slice(next)) {
    const bytes = sample.residentBytes * ratio
    total.private += bytes
    processes.push({ sample, bytes })
  }
  return { ...total, processes: processes.toSorted((a, b) => b.bytes - a.bytes) }
}

/** Undefined for a process that has ended. */
async function portionOf({ pid }: ProcessSample): Promise<Portion | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1')
    const size = kilobytes(text)
    return { private: size('Pss_Anon'), files: size('Pss_File'), shared: size('Pss_Shmem') }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EACCES' || code === 'EPERM' ? unshared(pid) : undefined
  }
}

/**
 * In a container, root may not look into the processes of others. Everybody
 * sees how much they have; of program files, which all have in common, nothing
 * is counted.
 */
async function unshared(pid: number): Promise<Portion | undefined> {
  const text = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => undefined)
  if (text === undefined) return undefined
  const size = kilobytes(text)
  return { private: size('RssAnon'), files: 0, shared: size('RssShmem') }
}

/** Reads the lines of a text such as `Pss_Anon:   11319 kB`, in bytes. */
function kilobytes(text: string): (name: string) => number {
  return (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024
}
