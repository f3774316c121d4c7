import type { BundleSize, Platform } from './bundle-size.ts'
import type { ImportTime } from './import-time.ts'
import type { Subject } from './subjects.ts'

export interface SizeRow {
  subject: Subject
  version: string
  bytes: number
  packages: number
  /** Packages that its manifest asks for; peers do not count. */
  dependencies: number
  bundles: Readonly<Record<Platform, BundleSize>>
}

export interface ImportRow {
  subject: Subject
  version: string
  time: ImportTime
}

/** Sizes as a Markdown table. A package with a framework says what it adds to it. */
export function sizeTable(rows: readonly SizeRow[]): string {
  return markdownTable(
    [
      'package',
      'installed, with its framework',
      'that is, added to it',
      'dependencies of its own',
      'bundle for Node',
      'bundle for the web',
    ],
    rows.map((row) => {
      const { subject, bytes, packages, dependencies, bundles } = row
      const beside = rows.find((each) => each.subject === subject.beside)
      const isFramework = rows.some((each) => each.subject.beside === subject)
      return [
        named(row),
        `${amount(bytes)}, ${count(packages)}`,
        beside ? `${amount(bytes - beside.bytes)}, ${count(packages - beside.packages)}` : '–',
        String(dependencies),
        ...(['node', 'web'] as const).map((platform) =>
          isFramework ? '–' : bundleText(bundles[platform]),
        ),
      ]
    }),
  )
}

/** Import times as a Markdown table. */
export function importTable(rows: readonly ImportRow[]): string {
  return markdownTable(
    ['package', 'import, median', 'half of the imports'],
    rows.map((row) => {
      const [low, high] = row.time.quarters
      const what = row.subject.entry ? ` (\`${row.subject.entry}\`)` : ''
      return [
        `${named(row)}${what}`,
        `${row.time.median.toFixed(0)} ms`,
        `${low.toFixed(0)} to ${high.toFixed(0)} ms`,
      ]
    }),
  )
}

function named({ subject, version }: { subject: Subject; version: string }): string {
  const { name, beside } = subject
  const own = subject.version === undefined ? `**${name}**` : `${name} ${version}`
  return beside ? `${own} with ${beside.name} ${beside.version}` : own
}

function bundleText(size: BundleSize): string {
  return 'bytes' in size
    ? `${(size.bytes / 1024).toFixed(1)} kB`
    : `cannot be made: needs ${listed(size.missing)}`
}

/** Names that are given; of more, how many there are. */
const mostNames = 3

function listed(names: readonly string[]): string {
  const more = names.length - mostNames
  const first = names.slice(0, mostNames).map((name) => `\`${name}\``)
  return `${first.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function amount(bytes: number): string {
  const megabytes = bytes / 1024 ** 2
  return megabytes < 1 ? `${(bytes / 1024).toFixed(0)} kB` : `${megabytes.toFixed(1)} MB`
}

function count(packages: number): string {
  return `${packages} package${packages === 1 ? '' : 's'}`
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
