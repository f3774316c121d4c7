import { chmod, lstat, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

import { EngineError } from './engine-error.ts'

/**
 * Where unpacked engines live: `TANDEM_CACHE_DIR`, else `tandem` in `XDG_CACHE_HOME` (which counts
 * only when absolute, as its specification says), else `~/.cache/tandem`.
 */
export function defaultCacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment['TANDEM_CACHE_DIR']) return environment['TANDEM_CACHE_DIR']
  const xdg = environment['XDG_CACHE_HOME']
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'tandem')
}

/**
 * Makes the folder if need be and refuses one that another user could have planted: what lies in it
 * is going to be executed. Readable and searchable by everybody, because a sandboxed browser runs
 * under an unprivileged uid.
 */
export async function ensureOwnDirectory(directory: string): Promise<void> {
  try {
    const created = await mkdir(directory, { recursive: true, mode: 0o755 })
    // The umask may have taken away what the sandbox's uid needs.
    if (created !== undefined) await chmod(directory, 0o755)
  } catch (error) {
    throw new EngineError(
      `The cache folder ${directory} cannot be made (${(error as NodeJS.ErrnoException).code}). ` +
        'Set TANDEM_CACHE_DIR to a folder that this user may write to.',
      { cause: error },
    )
  }
  await assertOwnDirectory(directory)
}

/** Throws unless the folder is real, ours or root's, and nobody else may write to it. */
export async function assertOwnDirectory(directory: string): Promise<void> {
  const stats = await lstat(directory)
  const uid = process.getuid?.()
  const mine = uid === undefined || stats.uid === uid || stats.uid === 0
  if (stats.isDirectory() && mine && (stats.mode & 0o002) === 0) return
  throw new EngineError(
    `The cache folder ${directory} is a link, belongs to another user or may be written to by anybody, ` +
      'so what is in it cannot be trusted. Remove it, or set TANDEM_CACHE_DIR to a folder of your own.',
  )
}

/** Removes what has not been changed for so many milliseconds and whose name fits. */
export async function removeOlderThan(
  milliseconds: number,
  directory: string,
  fits: (name: string) => boolean = () => true,
): Promise<void> {
  for (const name of (await readdir(directory)).filter(fits)) {
    const path = join(directory, name)
    const stats = await stat(path).catch(() => undefined)
    if (stats && Date.now() - stats.mtimeMs > milliseconds) {
      await rm(path, { recursive: true, force: true })
    }
  }
}
