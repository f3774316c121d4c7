import { statSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Seconds that the longest files take, roughly, for a machine that has never run them. */
const rough: Readonly<Record<string, number>> = {
  'apps/ai-sdk-chat/test/chat.test.ts': 60,
  'apps/tour/test/tour.test.ts': 50,
  'packages/ai-sdk-tool/test/conformance.test.ts': 25,
  'packages/langchain-tool/test/conformance.test.ts': 25,
  'packages/server/src/main.test.ts': 25,
  'packages/server/test/egress-ways.test.ts': 40,
  'packages/server/test/limits-code.test.ts': 40,
  'packages/server/test/pool.test.ts': 50,
  'packages/server/test/profiles-kept.test.ts': 25,
  'packages/server/test/profiles.test.ts': 25,
  'packages/server/test/runaway.test.ts': 40,
  'packages/server/test/teardown-server.test.ts': 20,
  'packages/server/test/teardown-sessions.test.ts': 50,
  'packages/tool-conformance/test/actions.test.ts': 30,
}

/**
 * The longest files first, of whatever folder, so that all workers end together. How long they take
 * is known from the last run here; on a new machine from the table, and of the others a second for
 * every kilobyte stands for it.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const milliseconds = (file: TestSpecification): number =>
      this.ctx.cache.getTestSpecificationResult(file)?.duration ?? estimate(file)
    return files.toSorted((a, b) => milliseconds(b) - milliseconds(a))
  }
}

function estimate({ moduleId }: TestSpecification): number {
  const seconds = rough[relative(root, moduleId)]
  return seconds === undefined ? statSync(moduleId).size : seconds * 1_000
}
