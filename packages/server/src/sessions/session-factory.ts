import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { BrowserLaunchError, BrowserProcess } from '../browser/browser-process.ts'
import type { Engine } from '../browser/engine.ts'
import { startBashKernel } from '../kernels/bash-kernel.ts'
import { LanguageRuntime } from '../kernels/language-runtime.ts'
import type { KernelContext } from '../kernels/kernel-environment.ts'
import { startNodeKernel } from '../kernels/node-kernel.ts'
import type { PythonSettings } from '../kernels/python-interpreter.ts'
import { startPythonKernel } from '../kernels/python-kernel.ts'
import { SharedTab } from '../kernels/shared-tab.ts'
import type { EgressGateway } from '../egress/gateway.ts'
import type { SessionEgress } from '../egress/session-egress.ts'
import { writeCookies } from '../profiles/cookies.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Isolation } from '../sandbox/isolation.ts'
import { LimitedIsolation } from '../sandbox/limited-isolation.ts'
import type { ResourceMonitor } from '../sandbox/resource-monitor.ts'
import { SessionFolder } from '../sandbox/session-folder.ts'
import type { SessionLimits } from '../sandbox/session-limits.ts'
import { SessionParts } from './session-parts.ts'

export interface SessionFactoryOptions {
  engine: Engine
  isolation: Isolation
  /** Whether Chromium builds its own sandbox; `probeLaunch` says whether it can. */
  chromiumSandbox: boolean
  /** Holds a folder for each session. */
  directory: string
  egress: EgressGateway
  python: PythonSettings
  /** Where node kernels find their program compiled, if it could be. */
  compiledProgram?: string | undefined
  limits: SessionLimits
  monitor: ResourceMonitor
}

interface LaunchParts {
  isolation: Isolation
  egress: SessionEgress
  profile: Profile | undefined
}

/** How often a browser that crashes while it starts is tried. */
const launchAttempts = 3

/** Milliseconds before the second attempt; before each later one as many more. */
const launchPause = 200

/** Makes the parts of sessions, and leaves nothing behind when one of them fails. */
export class SessionFactory {
  readonly #options: SessionFactoryOptions

  constructor(options: SessionFactoryOptions) {
    this.#options = options
  }

  /**
   * Makes what a session of that id needs and nobody has used yet.
   *
   * @param profile What its browser starts from. Closed with the parts; when
   *   making them fails, it is still the caller's.
   * @throws BrowserLaunchError, ProfileUnreadableError, or the signal's reason
   *   when it is aborted.
   */
  async make(sessionId: string, signal?: AbortSignal, profile?: Profile): Promise<SessionParts> {
    signal?.throwIfAborted()
    const { python, compiledProgram, limits, monitor } = this.#options
    const egress = this.#options.egress.open(sessionId)
    const watch = monitor.open()
    const isolation = new LimitedIsolation(this.#options.isolation, limits, watch)
    try {
      const { browser, folder } = await this.#launch(
        { isolation, egress, profile },
        sessionId,
        signal,
      )
      watch.watchFolder(folder)
      const kernels: KernelContext = {
        isolation,
        folder,
        cdp: browser.cdp,
        tab: new SharedTab(),
        onEgress: (socket, origin) => egress.accept(socket, origin),
      }
      const runtimes = {
        node: new LanguageRuntime(() => startNodeKernel(kernels, compiledProgram)),
        python: new LanguageRuntime(() => startPythonKernel(kernels, python)),
        bash: new LanguageRuntime(() => startBashKernel(kernels)),
      }
      return new SessionParts({ folder, egress, watch, browser, runtimes, profile })
    } catch (error) {
      watch.close()
      await egress.close()
      throw error
    }
  }

  /** A browser that crashes while it starts is tried again, as the contract says (§2.1). */
  async #launch(
    { isolation, egress, profile }: LaunchParts,
    sessionId: string,
    signal: AbortSignal | undefined,
  ): Promise<{ browser: BrowserProcess; folder: SessionFolder }> {
    const { engine, chromiumSandbox, directory } = this.#options
    const onEgress = (socket: Socket): void => egress.accept(socket, 'browser')
    for (let attempt = 1; ; attempt += 1) {
      const restored = await profile?.restore()
      const folder = await SessionFolder.create(isolation, directory, sessionId)
      const state = profile && { archive: restored?.archive }
      const options = { engine, isolation, chromiumSandbox, folder, onEgress, state, signal }
      let browser: BrowserProcess | undefined
      try {
        browser = await BrowserProcess.launch(options)
        if (restored) await writeCookies(browser.cdp, restored.cookies)
        return { browser, folder }
      } catch (error) {
        await browser?.close()
        await folder.remove()
        const crashed = error instanceof BrowserLaunchError && error.exited
        if (!crashed || attempt === launchAttempts) throw error
        await delay(attempt * launchPause, undefined, signal ? { signal } : {})
      } finally {
        restored?.discard()
      }
    }
  }
}
