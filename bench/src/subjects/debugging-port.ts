import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine } from '@tandem-browser/server'
import { chromium } from 'playwright-core'
import { plainOptions } from './plain-playwright.ts'

/** A browser that listens on a debugging port of its own, for a client without anything between. */
export interface DirectBrowser {
  cdpUrl: string
  /** Opens an address in its only tab; settles when it is loaded. */
  goto(url: string): Promise<void>
  close(): Promise<void>
}

export async function launchWithPort(engine: Engine): Promise<DirectBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'tandem-bench-direct-'))
  const remove = (): Promise<void> => rm(profile, { recursive: true, force: true, maxRetries: 4 })
  try {
    const options = plainOptions(engine, ['--remote-debugging-port=0'])
    const context = await chromium.launchPersistentContext(profile, options)
    const close = async (): Promise<void> => {
      await context.close()
      await remove()
    }
    try {
      // Chromium writes the port and the path of its endpoint once it listens.
      const [port, path] = (await readFile(join(profile, 'DevToolsActivePort'), 'utf8')).split('\n')
      const goto = async (url: string): Promise<void> => {
        await context.pages()[0]?.goto(url)
      }
      return { cdpUrl: `ws://127.0.0.1:${port}${path}`, goto, close }
    } catch (error) {
      await close()
      throw error
    }
  } catch (error) {
    await remove()
    throw error
  }
}
