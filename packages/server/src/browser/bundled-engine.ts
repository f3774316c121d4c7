import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import {
  chmod,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createBrotliDecompress } from 'node:zlib'

import { extract } from 'tar-fs'

import { assertOwnDirectory, ensureOwnDirectory, removeOlderThan } from './engine-cache.ts'
import { EngineError } from './engine-error.ts'

/** How far the unpacking is; both numbers count compressed bytes. */
export interface UnpackProgress {
  done: number
  total: number
}

/** The unpacked headless-shell and what came with it. */
export interface BundledFiles {
  executablePath: string
  /** Libraries for machines without NSS; belongs into `LD_LIBRARY_PATH` only if they are missing. */
  libraryDirectory: string
  /** Holds a `fonts.conf` that knows the bundled font; for `FONTCONFIG_PATH` on machines without any. */
  fontDirectory: string
}

interface Manifest {
  /** Size of each file in bytes, by path relative to the folder. */
  files: Record<string, number>
}

const manifestName = 'manifest.json'
const temporaryPrefix = '.unpacking-'
/** Nobody unpacks for an hour: what is older was left behind by a process that died. */
const abandonedAfter = 3_600_000

/**
 * SwiftShader must lie beside the executable: without it the GPU process dies twice at every start
 * (which triples the time to the first answer) and there is no WebGL.
 */
const archives = [
  { name: 'chromium.br', into: '.' },
  { name: 'swiftshader.tar.br', into: '.' },
  { name: 'fonts.tar.br', into: 'fontconfig' },
  { name: 'al2023.tar.br', into: 'system' },
] as const

/** The archives name the user ids of the machine that built them (`chown` is missing in the types). */
const extraction = { chown: false, dmode: 0o700 }

/** The package's own fonts.conf names only folders of AWS Lambda. */
const fontConfiguration = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`

/** The folder of `@sparticuz/chromium`, or undefined where it is not installed. */
function packageDirectory(): string | undefined {
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))))
  } catch {
    return undefined
  }
}

/**
 * Unpacks the bundled headless-shell into a folder of its version, once; later calls only compare
 * file sizes. The package's own `executablePath()` is not used: it writes to a guessable name in the
 * shared temporary folder and runs whatever it finds there.
 *
 * @returns undefined where there is no bundled engine: it is built for Linux on x64.
 */
export async function unpackBundledEngine(options: {
  cacheDirectory: string
  onProgress?: ((progress: UnpackProgress) => void) | undefined
}): Promise<BundledFiles | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const source = packageDirectory()
  if (source === undefined) return undefined

  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as {
    version: string
  }
  const engines = join(options.cacheDirectory, 'engines')
  const target = join(engines, `headless-shell-${manifest.version}-linux-x64`)
  await ensureOwnDirectory(options.cacheDirectory)
  await ensureOwnDirectory(engines)

  if (!(await isComplete(target))) {
    await removeOlderThan(abandonedAfter, engines, (name) => name.startsWith(temporaryPrefix))
    await unpackInto(target, join(source, 'bin'), options.onProgress)
  }
  return {
    executablePath: join(target, 'headless-shell'),
    libraryDirectory: join(target, 'system', 'lib'),
    fontDirectory: join(target, 'fontconfig'),
  }
}

async function unpackInto(
  target: string,
  source: string,
  onProgress?: (progress: UnpackProgress) => void,
): Promise<void> {
  const temporary = join(
    dirname(target),
    `${temporaryPrefix}${process.pid}-${randomBytes(6).toString('hex')}`,
  )
  await mkdir(temporary, { mode: 0o700 })
  try {
    await unpackArchives(source, temporary, onProgress)
    await writeFile(join(temporary, 'fontconfig', 'fonts.conf'), fontConfiguration)
    const files = await settle(temporary)
    await writeDurably(join(temporary, manifestName), JSON.stringify({ files } satisfies Manifest))
    await chmod(temporary, 0o755)
    await putInPlace(temporary, target)
  } catch (error) {
    if (error instanceof EngineError) throw error
    throw new EngineError(
      `The bundled browser could not be unpacked into ${target} (${(error as Error).message}). ` +
        'It needs 230 MB; set TANDEM_CACHE_DIR to use another disk.',
      { cause: error },
    )
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function unpackArchives(
  source: string,
  target: string,
  onProgress?: (progress: UnpackProgress) => void,
): Promise<void> {
  const sizes = await Promise.all(archives.map(({ name }) => stat(join(source, name))))
  const total = sizes.reduce((sum, { size }) => sum + size, 0)
  let done = 0
  for (const { name, into } of archives) {
    const input = createReadStream(join(source, name), { highWaterMark: 1 << 20 })
    input.on('data', (chunk) => {
      done += chunk.length
      onProgress?.({ done, total })
    })
    const output = name.endsWith('.tar.br')
      ? extract(join(target, into), extraction)
      : createWriteStream(join(target, 'headless-shell'))
    await pipeline(input, createBrotliDecompress({ chunkSize: 1 << 20 }), output)
  }
}

/** Sets modes that an unprivileged user can live with, flushes every file, and returns their sizes. */
async function settle(folder: string): Promise<Record<string, number>> {
  const files: Record<string, number> = {}
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) {
      await chmod(path, 0o755)
      continue
    }
    const executable = entry.name === 'headless-shell' || entry.name.includes('.so')
    await chmod(path, executable ? 0o755 : 0o644)
    const handle = await open(path, 'r')
    try {
      // A rename may reach the disk before the data does; a power cut must not leave half a browser.
      await handle.sync()
      files[path.slice(folder.length + 1)] = (await handle.stat()).size
    } finally {
      await handle.close()
    }
  }
  return files
}

async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o644)
  try {
    await handle.writeFile(text)
    await handle.chmod(0o644)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Renames into place; when another process was quicker, its complete folder is as good as ours. */
async function putInPlace(temporary: string, target: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(temporary, target)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
      if (await isComplete(target)) return
      if (attempt === 3) throw error
      // Something incomplete is in the way. Moved aside first, so that the name is free at once.
      const aside = `${temporary}-replaced`
      await rename(target, aside).catch(() => {})
      await rm(aside, { recursive: true, force: true })
    }
  }
}

/** True when the folder is trustworthy and holds every file in full. */
async function isComplete(folder: string): Promise<boolean> {
  let manifest: Manifest
  try {
    manifest = JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as Manifest
  } catch {
    return false
  }
  await assertOwnDirectory(folder)
  const present = await Promise.all(
    Object.entries(manifest.files ?? {}).map(async ([path, size]) => {
      const stats = await stat(join(folder, path)).catch(() => undefined)
      return stats?.size === size
    }),
  )
  return present.length > 0 && present.every(Boolean)
}
