import type { Tour } from './tour.ts'

/** One thing that the tour shows. */
export interface Step {
  title: string
  /** Milliseconds after which it counts as stuck. Default: 60000. */
  limit?: number
  /**
   * Does it on the page of the tour.
   *
   * @returns what was seen, on one line
   * @throws ExpectationError when something else came than must
   */
  run(tour: Tour): Promise<string>
}
