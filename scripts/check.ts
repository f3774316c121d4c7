import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  buildPackages,
  command,
  type PackedPackage,
  packPackages,
  publishedFolders,
} from './packages/pack.ts'
import { runPackedExamples } from './packages/packed-install.ts'
import { root } from './setup/paths.mjs'

const { values } = parseArgs({ options: { report: { type: 'string' } } })

const folder = mkdtempSync(join(tmpdir(), 'tandem-check-'))
const cleanUp = (): void => rmSync(folder, { recursive: true, force: true })
process.once('exit', cleanUp)

let packages: PackedPackage[] = []

const binary = (name: string): string => join(root, 'node_modules', '.bin', name)
const script = (name: string): string => join(root, 'scripts', name)
const tool = (name: string, ...args: string[]) => command(root, binary(name), args)

/** In the order in which a mistake is cheapest to find. Each stands alone in the closing count. */
const checks: readonly (readonly [name: string, run: () => Promise<unknown>])[] = [
  ['format', () => tool('oxfmt', '--check', '.')],
  ['lint', () => tool('oxlint', '--type-aware', '--deny-warnings')],
  ['import direction', () => command(root, process.execPath, [script('check-imports.ts')])],
  ['types of the packages', () => tool('turbo', 'run', 'typecheck', '--output-logs=errors-only')],
  ['types of the scripts', () => tool('tsc', '-p', 'scripts')],
  ['code of the READMEs', () => command(root, process.execPath, [script('check-readme-code.ts')])],
  ['unused code', () => tool('knip')],
  ['build', () => buildPackages()],
  ['pack', async () => (packages = await packPackages(join(folder, 'tarballs')))],
  ['publint', () => forEachPackage((tarball) => tool('publint', 'run', tarball, '--strict'))],
  [
    'published types',
    () => forEachPackage((tarball) => tool('attw', tarball, '--profile', 'esm-only', '--no-color')),
  ],
  ['size', () => checkSizes()],
  ['packed install', () => runPackedExamples(join(folder, 'project'), needed(packages))],
]

function needed(packed: readonly PackedPackage[]): readonly PackedPackage[] {
  if (packed.length === 0) throw new Error('there is nothing packed to look at')
  return packed
}

async function forEachPackage(run: (tarball: string) => Promise<unknown>): Promise<void> {
  for (const { tarball } of needed(packages)) await run(tarball)
}

/** Every package that sets itself a limit, which is at least core. */
async function checkSizes(): Promise<void> {
  const limited = publishedFolders.filter((name) => {
    const manifest = readFileSync(join(root, name, 'package.json'), 'utf8')
    return Object.hasOwn(JSON.parse(manifest) as object, 'size-limit')
  })
  if (limited.length === 0) throw new Error('no package sets itself a size limit')
  for (const name of limited) {
    const own = join(root, name)
    await command(own, join(own, 'node_modules', '.bin', 'size-limit'), [])
  }
}

let passed = 0
let failed = 0
for (const [name, run] of checks) {
  const startedAt = performance.now()
  const result = await run().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (result === undefined) {
    passed += 1
    console.log(`  ok      ${name} (${seconds} s)`)
  } else {
    failed += 1
    console.log(`  FAILED  ${name} (${seconds} s)\n\n${result}\n`)
  }
}
cleanUp()
console.log(`${passed} checks passed, ${failed} failed`)
if (values.report !== undefined) writeFileSync(values.report, JSON.stringify({ passed, failed }))
if (failed > 0) process.exitCode = 1
