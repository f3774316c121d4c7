import { mkdir, readdir, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { BrowserProcess } from '../browser/browser-process.ts'
import type { Engine } from '../browser/engine.ts'
import { LanguageRuntime } from '../kernels/language-runtime.ts'
import { startNodeKernel } from '../kernels/node-kernel.ts'
import type { Isolation } from '../sandbox/isolation.ts'
import { killMarkedProcesses } from '../sandbox/process-tree.ts'
import { Session, type SessionParts } from './session.ts'

export type SessionSpecification = Pick<
  SessionParts,
  'id' | 'keyId' | 'limits' | 'streamWebView' | 'scrapeId'
>

export interface SessionFactoryOptions {
  engine: Engine
  isolation: Isolation
  /** Names this server in the mark of its processes. */
  owner: string
  /** Holds a folder for each session. */
  directory: string
}

/** Milliseconds in which the processes of a killed server must be gone. */
const sweepDeadline = 5_000

/** Makes sessions out of their parts, and leaves nothing behind when a part fails. */
export class SessionFactory {
  readonly #options: SessionFactoryOptions
  // A launch keeps a core busy: more at a time would only make all of them late.
  readonly #launches = pLimit(availableParallelism())
  readonly #preparations = pLimit(1)

  constructor(options: SessionFactoryOptions) {
    this.#options = options
  }

  /** Removes the processes and folders that a killed server left behind. */
  async sweep(): Promise<void> {
    const { owner, directory } = this.#options
    await killMarkedProcesses((mark) => mark.startsWith(`${owner}:`), sweepDeadline)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    for (const folder of await readdir(directory)) {
      await rm(join(directory, folder), { recursive: true, force: true, maxRetries: 4 })
    }
  }

  /** @throws BrowserLaunchError, or the signal's reason when it is aborted. */
  start(specification: SessionSpecification, signal?: AbortSignal): Promise<Session> {
    return this.#launches(async () => {
      signal?.throwIfAborted()
      const { engine, isolation } = this.#options
      const sessionId = specification.id
      const directory = join(this.#options.directory, sessionId)
      await mkdir(directory, { mode: 0o700 })
      let browser: BrowserProcess
      try {
        browser = await BrowserProcess.launch({ engine, isolation, sessionId, directory, signal })
      } catch (error) {
        await rm(directory, { recursive: true, force: true, maxRetries: 4, retryDelay: 200 })
        throw error
      }
      const node = new LanguageRuntime(() =>
        startNodeKernel({ isolation, sessionId, directory, cdp: browser.cdp }),
      )
      return new Session({ ...specification, directory, browser, node })
    })
  }

  /**
   * Starts a session's kernel ahead of its first use, behind every launch that
   * waits: a browser that somebody waits for goes first.
   */
  async prepare(session: Session): Promise<void> {
    await this.#preparations(async () => {
      while (this.#launches.pendingCount > 0) await this.#launches(async () => {})
      await session.prepare()
    })
  }
}
