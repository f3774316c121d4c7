import type { ServerResponse } from 'node:http'
import { describeRefusal, type EgressProblem } from './problem.ts'
import { explanationHost } from './request-target.ts'

/**
 * Answers what is asked of the proxy itself: `/refusal?target=host:port` says
 * why the last attempt failed, for clients that saw nothing but a CONNECT that
 * did not work.
 */
export function explain(
  response: ServerResponse,
  path: string,
  problemOf: (target: string) => EgressProblem | undefined,
): void {
  const [pathname, query = ''] = path.split('?')
  const target = new URLSearchParams(query).get('target')
  const answer = (status: number, text: string): void => {
    response.writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    })
    response.end(`${text}\n`)
  }
  if (pathname !== '/refusal' || target === null) {
    answer(404, `Ask for http://${explanationHost}/refusal?target=host:port`)
    return
  }
  const problem = problemOf(target)
  if (problem) answer(200, describeRefusal(problem))
  else answer(404, 'No connection to that target was refused or failed lately.')
}
