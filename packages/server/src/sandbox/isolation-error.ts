import type { IsolationProblem } from './isolation-problem.ts'

/** This machine makes no sandboxes, with what is wrong and what helps. */
export class IsolationError extends Error {
  override readonly name = 'IsolationError'
  readonly problem: IsolationProblem

  constructor(problem: IsolationProblem) {
    super(
      [
        'Sessions cannot be isolated on this machine, so the server does not start.',
        problem.sentence,
        ...problem.remedy,
        'To see all that the server needs: tandem doctor',
        'To start without isolation all the same, where every page and all code is trusted like ' +
          'your own: TANDEM_ISOLATION=none (or --isolation none)',
      ].join('\n'),
    )
    this.problem = problem
  }
}
