import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/paths.mjs'

/** The version of a package that the repository tests with, by its name in the catalog. */
export function testedVersion(name: string): string {
  const workspace = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const line = workspace
    .split('\n')
    .find((each) => each.replaceAll("'", '').startsWith(`  ${name}: `))
  const version = line?.split(': ')[1]
  if (version === undefined) throw new Error(`The catalog of pnpm-workspace.yaml has no ${name}.`)
  // Of `npm:ai@6.0.326`, which is how a second major stands there, the version.
  return version.replace(/^npm:.+@/, '')
}
