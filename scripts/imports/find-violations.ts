import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { packageRules, serverLayers } from './import-rules.ts'
import { type ImportSite, readImports } from './read-imports.ts'

export interface Violation {
  file: string
  line: number
  message: string
}

const scope = '@tandem-browser/'

/** All sources below a folder that are shipped: tests may import what they like. */
function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.m?ts$/.test(name) && !name.endsWith('.test.ts'))
    .filter((name) => !name.split(sep).includes('node_modules'))
    .map((name) => join(folder, name))
    .toSorted()
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('.')
}

/** Every import in `root` that goes the wrong way. */
export function findViolations(root: string): Violation[] {
  const violations: Violation[] = []
  const packagesFolder = join(root, 'packages')
  const names = existsSync(packagesFolder) ? readdirSync(packagesFolder).toSorted() : []

  for (const name of names) {
    const folder = join(packagesFolder, name)
    const files = sourceFiles(join(folder, 'src'))
    violations.push(...packageViolations(name, folder, files))
    if (name === 'server') violations.push(...layerViolations(join(folder, 'src'), files))
  }
  const apps = existsSync(join(root, 'apps')) ? readdirSync(join(root, 'apps')).toSorted() : []
  for (const folder of [...apps.map((name) => join(root, 'apps', name)), join(root, 'bench')]) {
    for (const file of sourceFiles(join(folder, 'src'))) {
      for (const site of readImports(file)) {
        const outside = leavesFolder(folder, file, site)
        if (outside) violations.push({ file, line: site.line, message: outside })
      }
    }
  }
  return violations.map((violation) => ({ ...violation, file: relative(root, violation.file) }))
}

function leavesFolder(folder: string, file: string, site: ImportSite): string | undefined {
  if (!isRelative(site.specifier)) return undefined
  const target = relative(folder, join(dirname(file), site.specifier))
  if (!target.startsWith('..')) return undefined
  return `'${site.specifier}' leaves the package; import the other package by its name.`
}

function packageViolations(name: string, folder: string, files: readonly string[]): Violation[] {
  const rule = packageRules[name]
  if (rule === undefined) {
    const message = `the package '${name}' has no rule in scripts/imports/import-rules.ts.`
    return [{ file: folder, line: 1, message }]
  }
  return files.flatMap((file) =>
    readImports(file).flatMap((site) => {
      const message = leavesFolder(folder, file, site) ?? wrongPackage(name, site)
      return message === undefined ? [] : [{ file, line: site.line, message }]
    }),
  )
}

function wrongPackage(name: string, { specifier, typeOnly }: ImportSite): string | undefined {
  const rule = packageRules[name]
  if (rule === undefined || isRelative(specifier)) return undefined
  if (!specifier.startsWith(scope)) {
    if (rule.external || typeOnly) return undefined
    return `${name} imports nothing from outside, so not '${specifier}'.`
  }
  const target = specifier.slice(scope.length).split('/')[0] ?? ''
  const permitted = rule.packages[target]
  if (permitted === undefined) return `${name} must not import '${specifier}'.`
  if (permitted === 'types' && !typeOnly) {
    return `${name} may import only types from '${specifier}'.`
  }
  return undefined
}

/** Types count here too: a lower layer that has to know a higher one's types is upside down. */
function layerViolations(source: string, files: readonly string[]): Violation[] {
  const imports = new Map(files.map((file) => [file, readImports(file)]))
  const ranks = new Map<string, number | undefined>()

  /** Height above the lowest layer; undefined for a folder that nobody has placed yet. */
  const rankOf = (file: string, visiting: readonly string[] = []): number | undefined => {
    const folder = relative(source, file).split(sep)[0] ?? ''
    if (!folder.endsWith('.ts')) {
      const layer = serverLayers.findIndex((folders) => folders.includes(folder))
      return layer === -1 ? undefined : serverLayers.length - layer
    }
    if (ranks.has(file)) return ranks.get(file)
    if (visiting.includes(file)) return 0
    const below = (imports.get(file) ?? [])
      .filter((site) => isRelative(site.specifier))
      .map((site) => rankOf(join(dirname(file), site.specifier), [...visiting, file]) ?? 0)
    const rank = Math.max(0, ...below)
    if (visiting.length === 0) ranks.set(file, rank)
    return rank
  }

  return files.flatMap((file) => {
    const inFolder = relative(source, file).includes(sep)
    const own = rankOf(file)
    if (own === undefined) {
      const message = 'its folder has no layer in scripts/imports/import-rules.ts.'
      return [{ file, line: 1, message }]
    }
    if (!inFolder) return []
    return (imports.get(file) ?? []).flatMap(({ specifier, line }) => {
      if (!isRelative(specifier)) return []
      const target = rankOf(join(dirname(file), specifier))
      if (target === undefined || target <= own) return []
      return [{ file, line, message: `'${specifier}' belongs to a higher layer.` }]
    })
  })
}
