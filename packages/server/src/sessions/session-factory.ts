import { mkdir, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pLimit from 'p-limit'
import { BrowserLaunchError, BrowserProcess } from '../browser/browser-process.ts'
import type { Engine } from '../browser/engine.ts'
import { LanguageRuntime } from '../kernels/language-runtime.ts'
import { startNodeKernel } from '../kernels/node-kernel.ts'
import type { Isolation } from '../sandbox/isolation.ts'
import { SessionParts } from './session-parts.ts'
import type { Session } from './session.ts'

export interface SessionFactoryOptions {
  engine: Engine
  isolation: Isolation
  /** Whether Chromium builds its own sandbox; `probeLaunch` says whether it can. */
  chromiumSandbox: boolean
  /** Holds a folder for each session. */
  directory: string
}

/** How often a browser that crashes while it starts is tried. */
const launchAttempts = 3

/** Milliseconds before the second attempt; before each later one as many more. */
const launchPause = 200

/** Makes the parts of sessions, and leaves nothing behind when one of them fails. */
export class SessionFactory {
  readonly #options: SessionFactoryOptions
  // A launch keeps a core busy: more at a time would only make all of them late.
  readonly #launches = pLimit(availableParallelism())
  readonly #preparations = pLimit(1)

  constructor(options: SessionFactoryOptions) {
    this.#options = options
  }

  /**
   * Makes what a session of that id needs and nobody has used yet.
   *
   * @throws BrowserLaunchError, or the signal's reason when it is aborted.
   */
  make(sessionId: string, signal?: AbortSignal): Promise<SessionParts> {
    return this.#launches(async () => {
      signal?.throwIfAborted()
      const { isolation } = this.#options
      const directory = join(this.#options.directory, sessionId)
      const browser = await this.#launch(sessionId, directory, signal)
      const node = new LanguageRuntime(() =>
        startNodeKernel({ isolation, sessionId, directory, cdp: browser.cdp }),
      )
      return new SessionParts({ id: sessionId, directory, browser, node })
    })
  }

  /** A browser that crashes while it starts is tried again, as the contract says (§2.1). */
  async #launch(
    sessionId: string,
    directory: string,
    signal: AbortSignal | undefined,
  ): Promise<BrowserProcess> {
    const { engine, isolation, chromiumSandbox } = this.#options
    for (let attempt = 1; ; attempt += 1) {
      await mkdir(directory, { mode: 0o700 })
      const options = { engine, isolation, chromiumSandbox, sessionId, directory, signal }
      try {
        return await BrowserProcess.launch(options)
      } catch (error) {
        await rm(directory, { recursive: true, force: true, maxRetries: 4, retryDelay: 200 })
        const crashed = error instanceof BrowserLaunchError && error.exited
        if (!crashed || attempt === launchAttempts) throw error
        await delay(attempt * launchPause, undefined, signal ? { signal } : {})
      }
    }
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
