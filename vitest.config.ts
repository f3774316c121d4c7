import { existsSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { LongestFirst } from './scripts/longest-first.ts'

/** Every folder with tests of its own is a project, named as the folder: `vitest run --project core`. */
const folders = [
  ...['packages', 'apps'].flatMap((parent) =>
    readdirSync(parent).map((name) => join(parent, name)),
  ),
  'bench',
  'scripts',
].filter((folder) => existsSync(folder))

/** Whether what takes its time is to run as well. */
const isLong = process.env['TANDEM_TEST_LONG'] === '1'

/**
 * What is left out unless `TANDEM_TEST_LONG=1`, by project. The suite that every package of tools
 * passes goes through their adapters to the tools themselves: run on these alone it asks nothing
 * that the adapters' own runs do not ask, and only says whose fault it is.
 */
const longOnly: Readonly<Record<string, string[]>> = isLong
  ? {}
  : { 'tool-conformance': ['test/contracts.test.ts'] }

/**
 * What takes all that the machine has, and measures what that does to others: after all the rest,
 * with nothing beside it.
 */
const alone = ['test/limits-neighbour.test.ts']
const serverAlone = {
  extends: true as const,
  test: {
    name: 'server-alone',
    root: 'packages/server',
    include: alone,
    maxWorkers: 1,
    sequence: { groupOrder: 1 },
  },
}

/** The same tests as those of ai-sdk-tool, with the AI SDK that came before. */
const aiSdk6 = {
  extends: true as const,
  resolve: {
    alias: [
      { find: /^ai($|\/)/, replacement: 'ai-v6$1' },
      { find: /^@ai-sdk\/(openai|anthropic|google)$/, replacement: 'ai-sdk-$1-v6' },
    ],
  },
  test: {
    name: 'ai-sdk-tool-v6',
    root: 'packages/ai-sdk-tool',
    // What the suite asks of the tools themselves does not depend on the major; what does, the
    // others ask. `TANDEM_TEST_LONG=1` runs it here as well.
    exclude: [...configDefaults.exclude, ...(isLong ? [] : ['test/conformance.test.ts'])],
  },
}

/** Its tests in an edge runtime: every module runs in it, the server stays outside. */
const aiSdkOnEdge = {
  extends: true as const,
  test: {
    name: 'ai-sdk-tool-edge',
    root: 'packages/ai-sdk-tool',
    include: ['test/edge/*.suite.ts'],
    globalSetup: resolve('packages/ai-sdk-tool/test/edge/start-backend.ts'),
    environment: 'edge-runtime',
    // Only in a context of its own it is what the name says.
    pool: 'vmThreads' as const,
  },
}

export default defineConfig({
  test: {
    projects: [
      ...folders.map((root) => {
        const name = basename(root)
        const elsewhere = name === 'server' ? alone : (longOnly[name] ?? [])
        const exclude = [...configDefaults.exclude, ...elsewhere]
        return { extends: true as const, test: { name, root, exclude } }
      }),
      serverAlone,
      aiSdk6,
      aiSdkOnEdge,
    ],
    // Tests wait for browsers and kernels a third of the time: with a third one at work the two
    // cores of a small machine do not wait with them.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A busy machine takes its time: what is polled for comes, or it never does.
    expect: { poll: { timeout: 15_000 } },
    sequence: { sequencer: LongestFirst },
    // Below that a browser test is as quick as it gets, and naming it would bury the others.
    slowTestThreshold: 5_000,
    passWithNoTests: false,
  },
})
