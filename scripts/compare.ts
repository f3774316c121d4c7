import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measureBundle } from './compare/bundle-size.ts'
import { ComparisonFailure } from './compare/comparison-failure.ts'
import { measureImports } from './compare/import-time.ts'
import { InstalledSubject } from './compare/installed-subject.ts'
import { describeMachine, measureBusyness } from './compare/machine.ts'
import { replaceSection } from './compare/marked-section.ts'
import { subjects } from './compare/subjects.ts'
import { importTable, type SizeRow, sizeTable } from './compare/tables.ts'
import { TimeLimit } from './compare/time-limit.ts'
import { buildPackages, command, CommandFailure, packPackages } from './packages/pack.ts'
import { root } from './setup/paths.mjs'

const document = join(root, 'docs/comparison.md')
/** Minutes for all of it. */
const limitMinutes = 15
/** Imports of each package. */
const importRounds = 21
/** Share of the processor beyond which times say more of the machine than of the packages. */
const busyShare = 0.15

const help = `Measures the packages of this repository and those of others, each installed alone by npm,
and writes the tables into docs/comparison.md. Takes a few minutes, ${limitMinutes} at most.

  npm run compare -- [flags]

  --only sizes      sizes, dependencies and bundles
  --only imports    import times; for a machine where nothing else runs
  --help            this text
`

const tell = (line: string): void => void process.stderr.write(`${line}\n`)

async function compare(only: Part | undefined): Promise<void> {
  const limit = new TimeLimit(limitMinutes)
  const folder = mkdtempSync(join(tmpdir(), 'tandem-compare-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

  tell('Packing the packages of this repository')
  await buildPackages()
  const packed = await packPackages(join(folder, 'tarballs'))
  const installed: InstalledSubject[] = []
  for (const [index, subject] of subjects.entries()) {
    tell(`Installing ${subject.name}`)
    const place = join(folder, String(index))
    installed.push(await InstalledSubject.install(subject, place, packed, limit))
  }

  if (only !== 'imports') await writeSection('sizes', await sizes(installed, limit))
  if (only !== 'sizes') await writeSection('imports', await imports(installed, limit))
}

async function sizes(installed: readonly InstalledSubject[], limit: TimeLimit): Promise<string> {
  const rows: SizeRow[] = []
  for (const each of installed) {
    const { subject, manifest, bytes, packages } = each
    tell(`Bundling ${subject.name}`)
    const bundles = {
      node: await measureBundle(each, 'node', limit),
      web: await measureBundle(each, 'web', limit),
    }
    const dependencies = Object.keys(manifest.dependencies ?? {}).length
    rows.push({ subject, version: manifest.version, bytes, packages, dependencies, bundles })
  }
  return [sizeTable(rows), `${today()}, ${describeMachine()}.`].join('\n\n')
}

async function imports(installed: readonly InstalledSubject[], limit: TimeLimit): Promise<string> {
  const before = await measureBusyness()
  const times = await measureImports(installed, importRounds, limit, (round) =>
    tell(`Importing, round ${round} of ${importRounds}`),
  )
  const after = await measureBusyness()
  const rows = [...times].map(([{ subject, manifest }, time]) => ({
    subject,
    version: manifest.version,
    time,
  }))
  const percent = (share: number): string => `${Math.round(share * 100)} %`
  const busyness = `The processor was ${percent(before)} busy before and ${percent(after)} after it`
  const isBusy = Math.max(before, after) > busyShare
  const note = isBusy
    ? `${busyness}: **something else was running, and times are too long.**`
    : `${busyness}.`
  return [importTable(rows), `${today()}, ${describeMachine()}. ${note}`].join('\n\n')
}

function today(): string {
  const options = { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' } as const
  return new Date().toLocaleDateString('en-GB', options)
}

async function writeSection(name: string, content: string): Promise<void> {
  process.stdout.write(`\n${content}\n\n`)
  writeFileSync(document, replaceSection(readFileSync(document, 'utf8'), name, content))
  await command(root, join(root, 'node_modules', '.bin', 'oxfmt'), [document])
  tell(`Written into ${document}`)
}

type Part = 'sizes' | 'imports'

class UsageError extends Error {}

function readArguments(): { help: boolean; only: Part | undefined } {
  let values: { help: boolean; only?: string | undefined }
  try {
    const only = { type: 'string' } as const
    const isHelp = { type: 'boolean', short: 'h', default: false } as const
    ;({ values } = parseArgs({ options: { only, help: isHelp } }))
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  const { help: isWanted, only } = values
  if (only === undefined || only === 'sizes' || only === 'imports') return { help: isWanted, only }
  throw new UsageError(`--only is "${only}"; it must be sizes or imports.`)
}

try {
  const { help: isWanted, only } = readArguments()
  if (isWanted) process.stdout.write(help)
  else await compare(only)
} catch (error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (error instanceof UsageError) tell(`${error.message}\nSee: npm run compare -- --help`)
  else if (error instanceof ComparisonFailure || error instanceof CommandFailure)
    tell(error.message)
  else tell(text)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
