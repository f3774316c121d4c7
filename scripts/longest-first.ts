import { statSync } from 'node:fs'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The longest files first, of whatever folder, so that both workers end together. How long they
 * take is known from the last run here; on a new machine their size stands for it.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const milliseconds = (file: TestSpecification): number =>
      this.ctx.cache.getTestSpecificationResult(file)?.duration ?? Infinity
    const bySize = files.toSorted((a, b) => size(b) - size(a))
    return bySize.toSorted((a, b) => {
      const [first, second] = [milliseconds(a), milliseconds(b)]
      return first === second ? 0 : second - first
    })
  }
}

function size({ moduleId }: TestSpecification): number {
  return statSync(moduleId).size
}
