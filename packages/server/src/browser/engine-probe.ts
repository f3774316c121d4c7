import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { EngineError } from './engine-error.ts'

const run = promisify(execFile)
/** Generous, because the first start after a boot reads 200 MB from a possibly slow disk. */
const deadline = 30_000

/** Debian's name of the package that brings a library, for those that Chromium links to. */
const debianPackages: Record<string, string> = {
  libasound: 'libasound2',
  'libatk-1.0': 'libatk1.0-0',
  'libatk-bridge-2.0': 'libatk-bridge2.0-0',
  libatspi: 'libatspi2.0-0',
  libcups: 'libcups2',
  'libdbus-1': 'libdbus-1-3',
  libdrm: 'libdrm2',
  libexpat: 'libexpat1',
  libgbm: 'libgbm1',
  'libglib-2.0': 'libglib2.0-0',
  'libgobject-2.0': 'libglib2.0-0',
  'libgio-2.0': 'libglib2.0-0',
  libnspr4: 'libnspr4',
  libplc4: 'libnspr4',
  libplds4: 'libnspr4',
  libnss3: 'libnss3',
  libnssutil3: 'libnss3',
  libsmime3: 'libnss3',
  'libpango-1.0': 'libpango-1.0-0',
  libX11: 'libx11-6',
  libXcomposite: 'libxcomposite1',
  libXdamage: 'libxdamage1',
  libXext: 'libxext6',
  libXfixes: 'libxfixes3',
  libXrandr: 'libxrandr2',
  libxcb: 'libxcb1',
  libxkbcommon: 'libxkbcommon0',
}

/**
 * Starts the executable with `--version`, which loads every linked library but opens nothing.
 *
 * @returns the version, such as `153.0.8010.0`
 * @throws EngineError with what is missing and the command that brings it
 */
export async function probeVersion(
  executablePath: string,
  env: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await run(executablePath, ['--version'], {
    env: { ...process.env, ...env },
    timeout: deadline,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  }).catch(async (error: unknown) => {
    throw await explain(executablePath, env, error as ProbeFailure)
  })
  const version = /\d+\.\d+\.\d+\.\d+/.exec(stdout)?.[0]
  if (version !== undefined) return version
  throw new EngineError(
    `${executablePath} does not answer --version as Chrome or Chromium does, so it is not used.`,
  )
}

interface ProbeFailure extends NodeJS.ErrnoException {
  killed?: boolean
  stderr?: string
}

async function explain(
  executablePath: string,
  env: Record<string, string>,
  failure: ProbeFailure,
): Promise<EngineError> {
  const missing = await missingLibraries(executablePath, env)
  if (missing.length > 0) {
    return new EngineError(
      `${executablePath} cannot start: shared libraries are missing (${missing.join(', ')}). ` +
        installAdvice(missing),
      { cause: failure },
    )
  }
  if (failure.code === 'ENOENT') {
    return new EngineError(
      `${executablePath} cannot start: the loader that it was built for is missing ` +
        '(it needs glibc, so not Alpine). Use a Debian or Ubuntu based system, or set TANDEM_CHROMIUM.',
      { cause: failure },
    )
  }
  const reason = failure.killed
    ? `no answer within ${deadline / 1000} s`
    : (failure.stderr?.trim().split('\n').at(-1) ?? '') || `exit code ${failure.code}`
  return new EngineError(`${executablePath} does not answer --version (${reason}).`, {
    cause: failure,
  })
}

/** Names of the libraries that the loader does not find; empty where `ldd` cannot tell. */
export async function missingLibraries(
  executablePath: string,
  env: Record<string, string> = {},
): Promise<string[]> {
  if (process.platform !== 'linux') return []
  const { stdout } = await run('ldd', [executablePath], {
    env: { ...process.env, ...env },
    timeout: deadline,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  }).catch(() => ({ stdout: '' }))
  return [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] ?? '')
}

function installAdvice(missing: readonly string[]): string {
  const packages = new Set<string>()
  for (const library of missing) {
    const name = debianPackages[library.replace(/\.so.*$/, '')]
    if (name !== undefined) packages.add(name)
  }
  if (packages.size === 0) return 'Install the packages of your distribution that contain them.'
  return `On Debian or Ubuntu: apt-get install -y ${[...packages].toSorted().join(' ')}`
}
