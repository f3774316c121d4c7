import { statSync, statfsSync } from 'node:fs'

/** Folders of a sandbox that are in memory. */
const folders = ['tmp', 'dev/shm']

/** Bytes that the kernel needs for a file besides what is in it: inode and directory entry. */
const bytesOfFile = 1_024

/**
 * Bytes that a sandbox keeps in its temporary folders: memory that belongs to
 * none of its processes. 0 where this process may not look into the sandbox,
 * and only the size of the folders is a bound.
 *
 * @param init Process id of its first process.
 */
export function temporaryMemory(init: number | undefined): number {
  if (init === undefined || !hasOwnRoot(init)) return 0
  let bytes = 0
  for (const folder of folders) {
    try {
      const { blocks, bfree, bsize, files, ffree } = statfsSync(`/proc/${init}/root/${folder}`)
      bytes += (blocks - bfree) * bsize + (files - ffree) * bytesOfFile
    } catch {
      // It has ended, or its files are out of reach.
    }
  }
  return bytes
}

/** While the sandbox is being made, its first process still has the machine's folders. */
function hasOwnRoot(init: number): boolean {
  try {
    return statSync(`/proc/${init}/root/`).dev !== statSync('/').dev
  } catch {
    return false
  }
}
