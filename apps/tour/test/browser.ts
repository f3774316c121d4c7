import { findEngine } from '@tandem-browser/server'
import { type Browser, chromium } from 'playwright-core'

/** A browser of the engine that sessions use, for trying the site itself. */
export async function launchBrowser(): Promise<Browser> {
  const { executablePath, env } = await findEngine()
  return chromium.launch({
    executablePath,
    env: { ...definedOnly(process.env), ...env },
    args: ['--no-sandbox', '--disable-background-networking'],
  })
}

function definedOnly(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  )
}
