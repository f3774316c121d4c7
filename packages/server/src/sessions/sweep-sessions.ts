import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { validate as isUuid } from 'uuid'
import { killMarkedProcesses } from '../sandbox/process-tree.ts'
import { removeTree } from '../sandbox/remove-tree.ts'

/** Milliseconds in which the processes of a killed server must be gone. */
const deadline = 5_000

/**
 * Removes the processes and folders that a killed server left behind, and
 * makes the folder that holds those of the sessions.
 *
 * @param owner Names the server in the mark of its processes.
 */
export async function sweepSessions(owner: string, directory: string): Promise<void> {
  await killMarkedProcesses((mark) => mark.startsWith(`${owner}:`), deadline)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  for (const folder of await readdir(directory)) {
    // The operator may have named a folder that holds something else of that name.
    if (!isUuid(folder)) continue
    await removeTree(join(directory, folder))
  }
}
