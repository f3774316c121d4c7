import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { prepareDataDirectory, prepareFile } from './data-directory.ts'
import { sqliteModule } from './sqlite-module.ts'
import { asStoreError, isLocked, StoreError } from './store-error.ts'

/**
 * Keeps a second server out of a data folder: each one sweeps at its start
 * what a killed one left behind, and must not take a living one for dead.
 * The `tandem keys` commands do not take the lock.
 *
 * It is a lock of SQLite on a file of its own, which is to say of the
 * operating system: it ends with the process, also with kill -9, and leaves
 * no pid file behind that could be stale.
 */
export class DataDirectoryLock implements Disposable {
  /** The file that is locked, in the data folder. */
  static readonly fileName = 'server.lock'
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** @throws StoreError when another server, in whatever process, has the folder. */
  static acquire(dataDirectory: string): DataDirectoryLock {
    prepareDataDirectory(dataDirectory)
    const path = join(dataDirectory, DataDirectoryLock.fileName)
    prepareFile(path)
    const database = new (sqliteModule().DatabaseSync)(path, { timeout: 0 })
    try {
      database.exec('BEGIN EXCLUSIVE')
      return new DataDirectoryLock(database)
    } catch (error) {
      database.close()
      if (!isLocked(error)) throw asStoreError(error, path)
      throw new StoreError(
        `Another Tandem server is using the data folder ${dataDirectory}. Stop it, or give this ` +
          'one a folder of its own with --data-dir or TANDEM_DATA_DIR.',
      )
    }
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
