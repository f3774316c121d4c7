import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/**
 * A program to be given as TANDEM_BWRAP in the running test.
 *
 * @param body A shell script; `"$@"` are the arguments for bubblewrap.
 */
export async function bwrapScript(body: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bwrap-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  // An ordinary user has to get at it as well.
  await chmod(folder, 0o755)
  const path = join(folder, 'bwrap')
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, 0o755)
  return path
}

/** One that says its version and fails at everything else. */
export function failingBwrap(said: string, version = '0.9.0'): Promise<string> {
  return bwrapScript(
    `if [ "$1" = --version ]; then echo 'bubblewrap ${version}'; exit; fi\n` +
      `echo '${said}' >&2\nexit 1`,
  )
}
