import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Isolation, Mount } from './isolation.ts'
import { removeTree } from './remove-tree.ts'

/** The folder of one session on this machine: what it writes, as far as it is kept on a disk. */
export class SessionFolder {
  readonly sessionId: string
  readonly host: string
  /**
   * The one folder that the session's browser and its kernels share: working
   * directory and home of the kernels, where downloads land and uploads come from.
   */
  readonly work: Mount
  readonly #isolation: Isolation

  private constructor(sessionId: string, host: string, work: Mount, isolation: Isolation) {
    this.sessionId = sessionId
    this.host = host
    this.work = work
    this.#isolation = isolation
  }

  /** @param parent Holds the folders of all sessions. */
  static async create(
    isolation: Isolation,
    parent: string,
    sessionId: string,
  ): Promise<SessionFolder> {
    const host = join(parent, sessionId)
    await mkdir(host, { mode: 0o700 })
    const work = isolation.place(join(host, 'work'), '/work')
    await isolation.makeFolder(work.host, sessionId)
    return new SessionFolder(sessionId, host, work, isolation)
  }

  /** Where one process of the session finds a temporary folder that no other process sees. */
  temporary(name: string): Promise<string> {
    return this.#isolation.temporaryFolder(join(this.host, 'tmp', name))
  }

  /** Removes it with everything in it. The session's processes must be gone. */
  async remove(): Promise<void> {
    await removeTree(this.host)
  }
}
