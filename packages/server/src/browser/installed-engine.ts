import { constants } from 'node:fs'
import { access, open, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Names under which distributions and vendors put it into PATH, the lightest first. */
const commandNames = [
  'chrome-headless-shell',
  'chromium-headless-shell',
  'google-chrome-stable',
  'google-chrome',
  'chromium',
  'chromium-browser',
  'chrome',
]

const macApplications = [
  'Google Chrome.app/Contents/MacOS/Google Chrome',
  'Chromium.app/Contents/MacOS/Chromium',
  'Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
  'Google Chrome Canary.app/Contents/MacOS/Google Chrome Canary',
]

/** Executables of installed Chromes and Chromiums, in the order in which to try them. */
export async function installedExecutables(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string[]> {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter(Boolean)
  const candidates = commandNames.flatMap((name) => folders.map((folder) => join(folder, name)))
  if (process.platform === 'darwin') {
    const roots = ['/Applications', join(homedir(), 'Applications')]
    candidates.push(...macApplications.flatMap((path) => roots.map((root) => join(root, path))))
  }
  const usable = await Promise.all(
    candidates.map(async (path) => (await isExecutable(path)) && !(await isSnap(path))),
  )
  return candidates.filter((_, index) => usable[index])
}

/** True for a file (or a link to one) that this user may execute. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

/** A snap's launcher closes the file descriptors over which the browser is driven. */
async function isSnap(path: string): Promise<boolean> {
  const target = await realpath(path)
  if (target.startsWith('/snap/') || target === '/usr/bin/snap') return true
  const handle = await open(target, 'r').catch(() => undefined)
  if (handle === undefined) return false
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0)
    const head = buffer.toString('latin1', 0, bytesRead)
    return head.startsWith('#!') && head.includes('/snap/bin/')
  } finally {
    await handle.close()
  }
}
