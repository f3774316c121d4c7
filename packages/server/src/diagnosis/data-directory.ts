import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../config.ts'
import { visibilityProblem } from '../sandbox/visible-folder.ts'
import { DataDirectoryLock } from '../store/data-directory-lock.ts'
import { prepareDataDirectory } from '../store/data-directory.ts'
import { StoreError } from '../store/store-error.ts'
import { type Observation, failure, ok } from './finding.ts'

const otherFolder = 'Choose another folder with --data-dir or TANDEM_DATA_DIR.'

/** Whether the server can keep its data there, found out without leaving anything. */
export async function examineDataDirectory({
  dataDirectory: path,
  isolation,
}: Pick<Config, 'dataDirectory' | 'isolation'>): Promise<Observation> {
  const visible = isolation === 'none' ? undefined : await visibilityProblem(path)
  if (visible) return failure(visible.sentence, ...visible.remedy)
  const nearest = await nearestExisting(path)
  if (nearest !== path) {
    if (await isWritable(nearest)) return ok(`${path} will be made`)
    return failure(`${path} cannot be made: this user may not write to ${nearest}`, otherFolder)
  }
  try {
    // Makes nothing, because it is there.
    prepareDataDirectory(path)
  } catch (error) {
    if (error instanceof StoreError) return failure(error.message)
    throw error
  }
  if (!(await isWritable(path))) {
    return failure(`${path} cannot be written: this user is not allowed to`, otherFolder)
  }
  if (await isLocked(join(path, DataDirectoryLock.fileName))) {
    return failure(`${path} is in use by a server that runs`, `Stop that server. ${otherFolder}`)
  }
  return ok(`${path} can be written`)
}

/** The folder itself, or the nearest one above it that is there. */
export async function nearestExisting(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const isThere = await stat(folder).then(
      () => true,
      (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOENT',
    )
    if (isThere || dirname(folder) === folder) return folder
  }
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** Looks who holds it. Taking the lock could get in the way of a server that starts now. */
async function isLocked(path: string): Promise<boolean> {
  try {
    const { ino } = await stat(path)
    const locks = await readFile('/proc/locks', 'utf8')
    return new RegExp(`WRITE \\d+ [0-9a-f:]+:${ino} `).test(locks)
  } catch {
    return false
  }
}
