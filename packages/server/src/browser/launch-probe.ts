import { randomUUID } from 'node:crypto'
import type { Isolation } from '../sandbox/isolation.ts'
import { SessionFolder } from '../sandbox/session-folder.ts'
import { BrowserLaunchError, BrowserProcess } from './browser-process.ts'
import { type Engine, EngineError } from './engine.ts'

/** How browsers are to be started on this machine. */
export interface LaunchMode {
  /** Whether Chromium's own sandbox is on. */
  chromiumSandbox: boolean
  /** Why it is off although it was tried. */
  sandboxFailure?: string
}

/**
 * Starts a browser once, before the first session needs one: what is missing
 * on the machine is said at the start and not by the first request. Where
 * Chromium cannot build its own sandbox (in most containers, for example),
 * finds that out too.
 *
 * @param directory Holds the folder of the trial, which is gone afterwards.
 * @throws EngineError when the browser does not start at all.
 */
export async function probeLaunch(
  engine: Engine,
  isolation: Isolation,
  directory: string,
): Promise<LaunchMode> {
  const attempt = async (chromiumSandbox: boolean): Promise<BrowserLaunchError | undefined> => {
    // Named like a session's, so that what a killed server leaves of it is swept as well.
    const folder = await SessionFolder.create(isolation, directory, randomUUID())
    try {
      const browser = await BrowserProcess.launch({
        engine,
        isolation,
        chromiumSandbox,
        folder,
        // Nothing that a blank page needs is outside.
        onEgress: (socket) => socket.destroy(),
      })
      await browser.close()
      return undefined
    } catch (error) {
      if (error instanceof BrowserLaunchError) return error
      throw error
    } finally {
      await folder.remove()
    }
  }

  if (!isolation.chromiumSandbox) return confirm(await attempt(false), { chromiumSandbox: false })
  const failure = await attempt(true)
  if (!failure) return { chromiumSandbox: true }
  const mode = { chromiumSandbox: false, sandboxFailure: failure.message }
  return confirm(await attempt(false), mode)
}

function confirm(failure: BrowserLaunchError | undefined, mode: LaunchMode): LaunchMode {
  if (failure) throw new EngineError(failure.message, { cause: failure })
  return mode
}
