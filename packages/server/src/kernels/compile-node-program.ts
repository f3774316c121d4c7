import { createHash, randomUUID } from 'node:crypto'
import { chmod, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureOwnDirectory, removeOlderThan } from '../browser/engine-cache.ts'
import type { Isolation } from '../sandbox/isolation.ts'
import { SessionFolder } from '../sandbox/session-folder.ts'
import { kernelLimits } from './kernel-environment.ts'
import { type NodeProgram, placeNodeProgram } from './node-program.ts'

export interface CompileOptions {
  isolation: Isolation
  /** Holds the folders of sessions. */
  directory: string
  /** Where the compiled program is kept, for this server and its next starts. */
  cacheDirectory: string
}

/** Milliseconds in which the program must have been compiled. */
const deadline = 30_000

/** Milliseconds after which what other versions have left may go. */
const keptFor = 7 * 24 * 3_600_000

const temporaryPrefix = '.making-'

/**
 * Keeps what V8 makes of the program of node kernels, Playwright most of all,
 * so that no kernel has to compile it again. That is a fifth of what the start
 * of a kernel takes.
 *
 * It is made by a process in a sandbox which runs that program and nothing
 * else, before there is any session; kernels can only read it.
 *
 * @returns The folder that it is in.
 */
export async function compileNodeProgram({
  isolation,
  directory,
  cacheDirectory,
}: CompileOptions): Promise<string> {
  const program = placeNodeProgram(isolation)
  const folder = join(cacheDirectory, 'kernels')
  const target = join(folder, await versionOf(program))
  await ensureOwnDirectory(cacheDirectory)
  await ensureOwnDirectory(folder)
  if (await exists(target)) return target

  // Named like a session's, so that what a killed server leaves of it is swept as well.
  const work = await SessionFolder.create(isolation, directory, randomUUID())
  const temporary = join(folder, `${temporaryPrefix}${randomUUID()}`)
  try {
    await removeOlderThan(keptFor, folder)
    await run(program, isolation, work)
    await copyFiles(work.work.host, temporary)
    await rename(temporary, target).catch(async (error: unknown) => {
      // Another server was quicker.
      if (!(await exists(target))) throw error
    })
    return target
  } finally {
    await rm(temporary, { recursive: true, force: true })
    await work.remove()
  }
}

async function run(program: NodeProgram, isolation: Isolation, work: SessionFolder): Promise<void> {
  const compiling = isolation.spawn({
    role: 'kernel',
    sessionId: work.sessionId,
    command: program.command,
    arguments: [...program.arguments, '--compile'],
    environment: { NODE_COMPILE_CACHE: work.work.inside, TMPDIR: await work.temporary('node') },
    workingDirectory: work.work.inside,
    readable: program.mounts,
    writable: [work.work],
    extraPipes: 0,
    ports: [],
    limits: kernelLimits,
  })
  compiling.stdout.resume()
  const said = text(compiling.stderr).catch(() => '')
  const timer = new AbortController()
  try {
    const late = delay(deadline, undefined, { signal: timer.signal })
    const exit = await Promise.race([compiling.exited, late])
    if (exit?.code !== 0) {
      const why = exit ? (await said).slice(0, 1_000) : `It did not end within ${deadline} ms.`
      throw new Error(`The program of node kernels could not be compiled. ${why}`)
    }
  } finally {
    timer.abort()
    await compiling.kill()
  }
}

/** What is no plain file is left out: it came from a sandbox. */
async function copyFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o755 })
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const copy = join(to, entry.name)
    if (entry.isDirectory()) await copyFiles(source, copy)
    if (!entry.isFile()) continue
    await writeFile(copy, await readFile(source))
    await chmod(copy, 0o644)
  }
}

/** Names everything that decides what V8 makes of it. */
async function versionOf({ command, arguments: words, mounts }: NodeProgram): Promise<string> {
  const { version: playwright } = createRequire(import.meta.url)(
    'playwright-core/package.json',
  ) as { version: string }
  const hash = createHash('sha256')
  hash.update(JSON.stringify([process.version, process.arch, playwright, command, words, mounts]))
  for (const folder of ['kernels', 'cdp']) {
    const sources = new URL(`../${folder}/`, import.meta.url)
    const names = await readdir(sources, { recursive: true })
    for (const name of names.toSorted()) {
      const { size, mtimeMs } = await stat(new URL(name, sources))
      hash.update(`\n${folder}/${name} ${size} ${mtimeMs}`)
    }
  }
  return `node-${process.version}-${hash.digest('hex').slice(0, 16)}`
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
