import type { Session } from '@tandem-browser/core'
import type { DirectBrowser } from './debugging-port.ts'

/** Opens an address in a session's tab; without one, only waits for the session's turn. */
export async function show(session: Session, url?: string): Promise<void> {
  const code = url === undefined ? '0' : `await page.goto('${url}')`
  const { ok, stderr } = await session.execute(code)
  if (!ok) throw new Error(`${code} failed: ${stderr}`)
}

/** Opens an address on both sides. */
export async function showInBoth(
  session: Session,
  direct: DirectBrowser,
  url: string,
): Promise<void> {
  await show(session, url)
  await direct.goto(url)
}
