import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'

/** Descriptors that are looked at in one go. Sessions have some dozens. */
const maximumDescriptors = 8_192

/** Descriptors that are looked at before other work of the server gets its turn. */
const slice = 64

/**
 * Bytes of files that were deleted while a process still has them open: they
 * are in no folder any more, and take their place on the disk all the same.
 *
 * @param pids Of the processes that may have them.
 * @param folder Only files on the disk of this folder count.
 */
export async function deletedFileBytes(pids: readonly number[], folder: string): Promise<number> {
  const disk = statSync(folder, { throwIfNoEntry: false })?.dev
  const counted = new Set<number>()
  let bytes = 0
  let seen = 0
  // From another one each time, so that nobody can hide behind many descriptors.
  const first = Math.floor(Math.random() * pids.length)
  for (const pid of [...pids.slice(first), ...pids.slice(0, first)]) {
    for (const path of descriptorsOf(pid)) {
      seen += 1
      if (seen > maximumDescriptors) return bytes
      if (seen % slice === 0) await turn()
      if (!isDeleted(path)) continue
      const file = statSync(path, { throwIfNoEntry: false })
      if (!file?.isFile() || file.dev !== disk || counted.has(file.ino)) continue
      counted.add(file.ino)
      bytes += file.blocks * 512
    }
  }
  return bytes
}

function descriptorsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).map((name) => `${folder}/${name}`)
  } catch {
    // It has ended, or it is out of reach.
    return []
  }
}

function isDeleted(path: string): boolean {
  try {
    return readlinkSync(path).endsWith(' (deleted)')
  } catch {
    return false
  }
}
