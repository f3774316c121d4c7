import type { Engine } from '@tandem-browser/server'
import { type Browser, chromium } from 'playwright-core'

/** Plain Playwright with the engine that the server uses, and otherwise its own defaults. */
export function launchPlainly(engine: Engine, args: string[] = []): Promise<Browser> {
  return chromium.launch(plainOptions(engine, args))
}

export function plainOptions(engine: Engine, args: string[] = []) {
  return {
    executablePath: engine.executablePath,
    env: { ...process.env, ...engine.env },
    args,
    // A stop has to go through the clean-up of the whole run.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  }
}
