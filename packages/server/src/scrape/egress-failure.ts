import { type EgressProblem, describeRefusal } from '../egress/problem.ts'
import { targetOf } from '../egress/target.ts'
import { ScrapeError } from './scrape-error.ts'

/** Why the way out of the browser's session did not lead to a target such as `example.com:443`. */
export type ExplainTarget = (target: string) => EgressProblem | undefined

/** What the egress gateway has to say of an address, for the caller; undefined when nothing. */
export function egressFailure(
  address: string,
  explain: ExplainTarget | undefined,
): ScrapeError | undefined {
  const target = explain && targetOf(address)
  const problem = target === undefined ? undefined : explain?.(target)
  if (!problem) return undefined
  if (problem.kind === 'refused') {
    return new ScrapeError('SCRAPE_ADDRESS_BLOCKED', describeRefusal(problem).replaceAll('\n', ' '))
  }
  const code = problem.rule.startsWith('name-')
    ? 'SCRAPE_DNS_RESOLUTION_ERROR'
    : 'SCRAPE_SITE_ERROR'
  return new ScrapeError(code, problem.sentence)
}
