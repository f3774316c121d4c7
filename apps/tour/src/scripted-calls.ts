import { must } from './expectation.ts'

/** Code for any page that leaves the name of an agent on it. */
export function agentMark(name: string): string {
  const mark = `document.documentElement.dataset.tandemAgent = '${name}'`
  return `await page.evaluate(() => { ${mark} })`
}

/** Ends the step when a tool did not succeed. */
export function nothingFailed(results: readonly { text: string; failed: boolean }[]): void {
  must('the number of results', results.length, 'more than none', results.length > 0)
  const failure = results.find(({ failed }) => failed)
  must('what the tools answered', failure?.text, 'no failure', failure === undefined)
}
