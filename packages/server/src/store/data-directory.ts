import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { StoreError } from './store-error.ts'

/**
 * Makes the data folder (mode 0700) when it is missing. A folder that is
 * already there keeps its mode, because it may be anything that the operator
 * named; the files in it are 0600 on their own. One that every user may write
 * to is refused: somebody else could put files there in our place.
 */
export function prepareDataDirectory(path: string): void {
  const stats = attempt(path, () => {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return statSync(path)
  })
  if (!stats.isDirectory()) throw new StoreError(`The data folder ${path} is not a folder.`)
  if (process.platform !== 'win32' && (stats.mode & 0o002) !== 0) {
    throw new StoreError(
      `The data folder ${path} can be written to by every user of this machine. ` +
        `Choose a folder of its own, or run: chmod 700 '${path}'`,
    )
  }
}

/**
 * Makes an empty file of mode 0600 unless it is there. SQLite gives its side
 * files the mode of the main file, so this covers them too.
 *
 * Exclusive, so that a file that is there is not opened: closing it would end
 * every lock that SQLite holds on it in this process, because POSIX locks
 * belong to the process and not to the descriptor
 * (https://www.sqlite.org/howtocorrupt.html, section 2.2).
 */
export function prepareFile(path: string): void {
  attempt(path, () => {
    try {
      closeSync(openSync(path, 'wx', 0o600))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  })
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const reasons: Record<string, string> = {
      EACCES: 'this user is not allowed to',
      EEXIST: 'a file is in the way',
      EISDIR: 'a folder is in the way',
      ENOSPC: 'the disk is full',
      ENOTDIR: 'a file is in the way',
      EPERM: 'this user is not allowed to',
      EROFS: 'the disk is read-only',
    }
    const reason = reasons[code ?? ''] ?? (error as Error).message
    throw new StoreError(`${path} cannot be made or written: ${reason}.`, { cause: error })
  }
}
