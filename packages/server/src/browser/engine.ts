import { readdir, realpath } from 'node:fs/promises'
import { basename, resolve } from 'node:path'

import { type BundledFiles, type UnpackProgress, unpackBundledEngine } from './bundled-engine.ts'
import { defaultCacheDirectory } from './engine-cache.ts'
import { EngineError } from './engine-error.ts'
import { missingLibraries, probeVersion } from './engine-probe.ts'
import { installedExecutables, isExecutable } from './installed-engine.ts'
import { headlessArguments } from './launch-arguments.ts'

export { EngineError } from './engine-error.ts'

/** The Chromium binary in use and what it needs to run. */
export interface Engine {
  /** `headless-shell` has no browser window at all: a third of the start time, half the memory. */
  kind: 'headless-shell' | 'chromium'
  executablePath: string
  /** Such as `153.0.8010.0`. */
  version: string
  /** To be added to the environment of the process. */
  env: Record<string, string>
  /** Flags that this kind of engine needs to run without a window. */
  args: string[]
}

export interface FindEngineOptions {
  /** An executable to use instead of looking for one. Default: `TANDEM_CHROMIUM`. */
  executable?: string | undefined
  /** Where the bundled engine is unpacked. Default: see `defaultCacheDirectory`. */
  cacheDirectory?: string | undefined
  /** Called while the bundled engine is unpacked, which happens once a version. */
  onProgress?: ((progress: UnpackProgress) => void) | undefined
}

/**
 * Finds the browser: the one that was named, else the bundled headless-shell, else an installed
 * Chrome or Chromium. What is returned has answered `--version`.
 *
 * @throws EngineError when there is none; a named one that fails is never replaced by another.
 */
export async function findEngine(options: FindEngineOptions = {}): Promise<Engine> {
  const named = options.executable || process.env['TANDEM_CHROMIUM']
  if (named) return namedEngine(resolve(named))

  const reasons: string[] = []
  try {
    const files = await unpackBundledEngine({
      cacheDirectory: resolve(options.cacheDirectory || defaultCacheDirectory()),
      onProgress: options.onProgress,
    })
    if (files) return await bundledEngine(files)
    reasons.push('The bundled browser is for Linux on x64 only, or its package is not installed.')
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    reasons.push(error.message)
  }

  for (const executablePath of await installedExecutables()) {
    try {
      return await describe(executablePath, {})
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      reasons.push(error.message)
    }
  }
  throw new EngineError(
    `No usable Chromium was found. ${reasons.join(' ')} ` +
      'Install Chrome or Chromium, or set TANDEM_CHROMIUM to the path of its executable.',
  )
}

async function namedEngine(executablePath: string): Promise<Engine> {
  if (!(await isExecutable(executablePath))) {
    throw new EngineError(
      `TANDEM_CHROMIUM names ${executablePath}, which is not a file that can be executed. ` +
        'Give the path of a Chrome, Chromium or chrome-headless-shell executable, or unset it.',
    )
  }
  return describe(executablePath, {})
}

async function bundledEngine(files: BundledFiles): Promise<Engine> {
  const env: Record<string, string> = {}
  if (!(await hasSystemFonts())) env['FONTCONFIG_PATH'] = files.fontDirectory
  try {
    return await describe(files.executablePath, env)
  } catch (error) {
    const missing = await missingLibraries(files.executablePath)
    if (missing.length === 0) throw error
    // The package carries NSS and expat, which is all that a bare server usually lacks.
    const inherited = process.env['LD_LIBRARY_PATH']
    env['LD_LIBRARY_PATH'] = inherited
      ? `${files.libraryDirectory}:${inherited}`
      : files.libraryDirectory
    return describe(files.executablePath, env)
  }
}

async function describe(executablePath: string, env: Record<string, string>): Promise<Engine> {
  const version = await probeVersion(executablePath, env)
  const name = basename(await realpath(executablePath))
  const kind = /headless[-_]shell/.test(name) ? 'headless-shell' : 'chromium'
  return { kind, executablePath, version, env, args: headlessArguments(kind) }
}

/** Without a single font Chromium draws no text at all, and says nothing. */
async function hasSystemFonts(): Promise<boolean> {
  for (const folder of ['/usr/share/fonts', '/usr/local/share/fonts']) {
    const names = await readdir(folder, { recursive: true }).catch(() => [])
    if (names.some((name) => /\.(ttf|otf|ttc|pfb)$/i.test(name))) return true
  }
  return false
}
