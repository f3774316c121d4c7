import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { root } from '../setup/paths.mjs'
import { ComparisonFailure } from './comparison-failure.ts'
import type { InstalledSubject } from './installed-subject.ts'
import type { TimeLimit } from './time-limit.ts'

export type Platform = 'node' | 'web'

/** Bytes of a bundle, or the modules that the platform does not have. */
export type BundleSize = { bytes: number } | { missing: readonly string[] }

/** All that a package exports, with its dependencies and without its peers: minified, gzip -9. */
export async function measureBundle(
  { folder, entry, manifest }: InstalledSubject,
  platform: Platform,
  limit: TimeLimit,
): Promise<BundleSize> {
  const source = join(folder, 'everything.mjs')
  const output = join(folder, `bundle-${platform}.mjs`)
  writeFileSync(source, `export * from '${entry}'\n`)
  const peers = Object.keys(manifest.peerDependencies ?? {})
  const run = await limit.run(
    join(root, 'node_modules', '.bin', 'esbuild'),
    [
      source,
      '--bundle',
      '--minify',
      '--format=esm',
      '--target=es2022',
      `--platform=${platform === 'web' ? 'browser' : 'node'}`,
      ...peers.map((name) => `--external:${name}`),
      '--log-level=error',
      '--log-limit=0',
      `--outfile=${output}`,
    ],
    { cwd: folder, seconds: 60 },
  )
  if (run.code === 0) return { bytes: gzipSync(readFileSync(output), { level: 9 }).byteLength }
  const unresolved = [...run.output.matchAll(/Could not resolve "([^"]+)"/g)]
  const missing = [...new Set(unresolved.map(([, name = '']) => name))].toSorted()
  if (missing.length > 0) return { missing }
  throw new ComparisonFailure(`esbuild cannot bundle ${entry} for ${platform}:\n${run.output}`)
}
