/**
 * Which way imports go. Adapters build on core; the server knows core's types and nothing else of
 * it; apps and benchmarks use what is published; core stands alone.
 */
export const packageRules: Readonly<Record<string, PackageRule>> = {
  core: { packages: {}, external: false },
  'langchain-tool': { packages: { core: 'any' }, external: true },
  'ai-sdk-tool': { packages: { core: 'any' }, external: true },
  'playwright-connect': { packages: { core: 'any' }, external: true },
  server: { packages: { core: 'types' }, external: true },
  'tool-conformance': { packages: { core: 'any', server: 'any' }, external: true },
}

export interface PackageRule {
  /** Packages of this repository that may be imported, and whether for their types alone. */
  packages: Readonly<Record<string, 'any' | 'types'>>
  /** Whether anything from outside the repository may be imported at run time. */
  external: boolean
}

/**
 * The folders of `packages/server/src`, from the top down. A folder may import its own layer and
 * those below. A file that lies directly in `src` belongs to the highest layer that it imports.
 */
export const serverLayers: readonly (readonly string[])[] = [
  ['commands'],
  ['http'],
  ['sessions', 'scrape', 'agent', 'diagnosis'],
  ['browser', 'cdp', 'kernels', 'live', 'profiles'],
  ['sandbox', 'egress', 'keys', 'store'],
]
