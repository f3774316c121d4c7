import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from '../setup/child-processes.mjs'
import { root } from '../setup/paths.mjs'
import { workspaceFolders } from '../setup/workspace-packages.mjs'

/** A package as it would be published. */
export interface PackedPackage {
  name: string
  /** Absolute path of the tarball. */
  tarball: string
}

export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
}

/** Runs a command of the toolchain in a folder of the repository; throws with what it printed. */
export async function command(
  folder: string,
  file: string,
  args: readonly string[],
  deadlineSeconds = 180,
): Promise<string> {
  const run = await runQuietly(file, args, { cwd: folder, env: process.env, deadlineSeconds })
  if (run.code === 0) return run.stdout
  const what = [file, ...args].join(' ')
  const how = run.timedOut ? `took longer than ${deadlineSeconds} s` : `exited with ${run.code}`
  throw new CommandFailure(`${run.output.trimEnd()}\n${what} ${how}`)
}

/** Whether npm would refuse to publish what lies in a folder. */
function isPrivate(folder: string): boolean {
  const manifest = readFileSync(join(root, folder, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { private?: boolean }).private === true
}

export const publishedFolders = workspaceFolders().filter(
  (folder) => folder.startsWith('packages') && !isPrivate(folder),
)

/** Builds every package from nothing, so that no file of an earlier build gets published. */
export async function buildPackages(): Promise<void> {
  for (const folder of publishedFolders)
    rmSync(join(root, folder, 'dist'), { recursive: true, force: true })
  const turbo = join(root, 'node_modules', '.bin', 'turbo')
  await command(root, turbo, ['run', 'build', '--output-logs=errors-only'])
}

/** Packs every built package into a folder, with the manifest that npm would get. */
export async function packPackages(destination: string): Promise<PackedPackage[]> {
  mkdirSync(destination, { recursive: true })
  const packed: PackedPackage[] = []
  for (const folder of publishedFolders) {
    const before = new Set(readdirSync(destination))
    await command(join(root, folder), 'pnpm', ['pack', '--pack-destination', destination])
    const tarball = readdirSync(destination).find((name) => !before.has(name))
    if (tarball === undefined) throw new CommandFailure(`pnpm pack made nothing of ${folder}`)
    const { name } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      name: string
    }
    packed.push({ name, tarball: join(destination, tarball) })
  }
  return packed
}
