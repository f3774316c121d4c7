import {
  type Stats,
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  opendirSync,
} from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'

/** What a folder takes on its disk. */
export interface FolderUsage {
  bytes: number
  /** Files and folders in it. */
  entries: number
  /** Whether there is more than may be looked at. */
  exceeded: boolean
}

interface Walk extends FolderUsage {
  readonly maximumEntries: number
  /** Files that were counted under another name. */
  readonly linked: Set<string>
}

/** Bytes of a block as lstat(2) counts them. */
const blockBytes = 512

/** Folders in folders. A path of more would at some depth be too long to be removed. */
const maximumDepth = 64

/** Entries that are looked at before other work of the server gets its turn. */
const slice = 64

const asFolder = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
/** Not among Node's constants: a descriptor that only stands for the file (open(2)). */
const asPath = 0o10000000

/**
 * Measures a folder whose owner is not trusted and may change it meanwhile: no
 * link is followed, and no more than `maximumEntries` are looked at.
 */
export async function measureFolder(path: string, maximumEntries: number): Promise<FolderUsage> {
  const walk: Walk = { bytes: 0, entries: 0, exceeded: false, maximumEntries, linked: new Set() }
  await visit(walk, Buffer.from(path), 0)
  const { bytes, entries, exceeded } = walk
  return { bytes, entries, exceeded }
}

async function visit(walk: Walk, path: Buffer, depth: number): Promise<void> {
  const descriptor = openFolder(path)
  if (descriptor === undefined) return
  try {
    // By its descriptor, so that nobody can put a link in the place of a folder on the way.
    const prefix = `/proc/self/fd/${descriptor}`
    const folder = opendirSync(prefix, { encoding: 'latin1' })
    try {
      for (let entry = folder.readSync(); entry; entry = folder.readSync()) {
        // Names are bytes, in whatever encoding.
        const child = Buffer.from(`${prefix}/${entry.name}`, 'latin1')
        const stats = lstatSync(child, { throwIfNoEntry: false })
        if (!stats) continue
        count(walk, stats, depth)
        if (walk.exceeded) return
        if (walk.entries % slice === 0) await turn()
        if (stats.isDirectory()) await visit(walk, child, depth + 1)
        if (walk.exceeded) return
      }
    } finally {
      folder.closeSync()
    }
  } finally {
    closeSync(descriptor)
  }
}

function count(walk: Walk, stats: Stats, depth: number): void {
  walk.entries += 1
  walk.exceeded = walk.entries > walk.maximumEntries || depth > maximumDepth
  if (stats.nlink > 1 && !stats.isDirectory()) {
    const identity = `${stats.dev}:${stats.ino}`
    if (walk.linked.has(identity)) return
    walk.linked.add(identity)
  }
  walk.bytes += stats.blocks * blockBytes
}

/** Undefined when it is gone, or was no folder after all. */
function openFolder(path: Buffer): number | undefined {
  try {
    return openSync(path, asFolder)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? openHidden(path) : undefined
  }
}

/** Its owner took away its own right to look into it; what it holds counts all the same. */
function openHidden(path: Buffer): number | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, asPath | asFolder)
    chmodSync(`/proc/self/fd/${descriptor}`, 0o700)
    return openSync(path, asFolder)
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
