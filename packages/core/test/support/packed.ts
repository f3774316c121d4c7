import { build } from 'esbuild'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const program = fileURLToPath(new URL('exercise.ts', import.meta.url))
const toolProgram = fileURLToPath(new URL('exercise-tools.ts', import.meta.url))

/** The package as npm would deliver it, installed in a folder of its own. */
export class PackedCore {
  /** The project that has it in its `node_modules`. */
  readonly project: string
  readonly folder: string

  private constructor(project: string) {
    this.project = project
    this.folder = join(project, 'node_modules/@tandem-browser/core')
  }

  static async install(): Promise<PackedCore> {
    const packed = new PackedCore(await mkdtemp(join(tmpdir(), 'tandem-core-')))
    await run('pnpm', ['run', 'build'], { cwd: root })
    await run('pnpm', ['pack', '--pack-destination', packed.project], { cwd: root })
    const tarball = (await readdir(packed.project)).find((name) => name.endsWith('.tgz'))
    if (!tarball) throw new Error('pnpm pack left no tarball.')
    await mkdir(packed.folder, { recursive: true })
    await run('tar', [
      '-xzf',
      join(packed.project, tarball),
      '-C',
      packed.folder,
      '--strip-components=1',
    ])
    return packed
  }

  async manifest(): Promise<Record<string, unknown>> {
    return JSON.parse(await readFile(join(this.folder, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >
  }

  /** All files, with their paths from the package's folder. */
  async files(): Promise<string[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.folder.length + 1))
      .toSorted()
  }

  /** A program and the packed client in one script that sets the global `program`. */
  async bundle(of: 'client' | 'tools' = 'client'): Promise<string> {
    // From where the package is installed, so that it is found by its name and its `exports`.
    const entry = join(this.project, `${of}.ts`)
    await copyFile(of === 'client' ? program : toolProgram, entry)
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'program',
      platform: 'browser',
      target: 'es2022',
    })
    return outputFiles[0]?.text ?? ''
  }

  /** Bytes that a page has to load for all of an entry: minified and compressed. */
  async compressedSize(file = 'index.js'): Promise<number> {
    const { outputFiles } = await build({
      entryPoints: [join(this.folder, 'dist', file)],
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      target: 'es2022',
    })
    return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).byteLength
  }

  /** Runs the exercise on a Node, with the package imported as it was packed. */
  async runOnNode(
    node: string,
    ...addresses: string[]
  ): Promise<{ version: string; seen: string }> {
    const { outputFiles } = await build({ entryPoints: [program], write: false, format: 'esm' })
    const file = join(this.project, 'exercise.mjs')
    const main = `console.log(process.versions.node + ' ' + await exercise(...process.argv.slice(2)))`
    await writeFile(file, `${outputFiles[0]?.text ?? ''}\n${main}\n`)
    const { stdout } = await run(node, [file, ...addresses])
    const [version = '', seen = ''] = stdout.split(/ (.*)/s)
    return { version, seen }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.project, { recursive: true, force: true })
  }
}
