import { execFile } from 'node:child_process'
import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Milliseconds in which the program must have removed what Node cannot. */
const deadline = 60_000

/**
 * Removes a folder with everything in it, whatever code has made of it. The
 * processes that wrote there must be gone.
 */
export async function removeTree(path: string): Promise<void> {
  // Chromium's last children may still write while they die.
  const options = { recursive: true, force: true, maxRetries: 4, retryDelay: 200 }
  try {
    await rm(path, options)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES') {
      // The session's code took the rights to its own folders away.
      await restoreRights(path)
      await rm(path, options)
    } else if (code === 'ENAMETOOLONG') {
      // Folders in folders, deeper than a path can say. The program goes down step by step.
      await promisify(execFile)('rm', ['-rf', '--', path], { timeout: deadline })
    } else throw error
  }
}

async function restoreRights(folder: string): Promise<void> {
  await chmod(folder, 0o700)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await restoreRights(join(folder, entry.name))
  }
}
