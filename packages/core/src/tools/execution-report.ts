import { AbortError } from '../errors.ts'
import type { Execution } from '../execution.ts'
import type { ExecutionStream } from '../run.ts'
import type { ToolExecution } from './contract.ts'
import type { ToolCall } from './define-tool.ts'
import { viewHint } from './failures.ts'
import { reportAddress } from './page-report.ts'

/** Runs to the end and tells the application what happens. */
export async function follow(events: ExecutionStream, { context }: ToolCall): Promise<Execution> {
  let execution: Execution | undefined
  for await (const event of events) {
    if (event.type === 'result') ({ execution } = event)
    else if (event.type === 'step') context.onProgress?.({ type: 'step', message: event.command })
    else context.onProgress?.(event)
  }
  return execution as Execution
}

/** An execution as JSON, without the URLs that belong to the session. */
export function plain(execution: Execution): ToolExecution {
  const { stdout, stderr, result, exitCode, killed, truncated, error, output } = execution
  return {
    ...{ stdout, stderr, result, exitCode, killed },
    ...(truncated && { truncated }),
    ...(error !== undefined && { error }),
    ...(output !== undefined && { output }),
  }
}

/** Adds output, and keeps it for later if it is too long. */
export function quoteOutput(
  report: ToolCall['report'],
  source: 'code' | 'agent',
  output: string,
): void {
  if (report.clean(output).length > report.maxCharacters) report.notes.keepOutput(output)
  report.quoteWindow(source, '', output, {
    more: (next) => `${report.tool('readPage')} with format 'output' and offset ${next}`,
  })
}

/**
 * Looks where the page is now. The result counts without it, too.
 *
 * @returns what adds it to the report, after the output: only now are all cookies known
 */
export async function lookAfter({ browser, report }: ToolCall): Promise<() => void> {
  try {
    const { page, problem } = await browser.view()
    if (page) return () => reportAddress(report, page)
    const { hint } = viewHint(problem.kind, report.tool)
    return () => report.say('The page cannot be seen now.').quoteMessage(problem.text).say(hint)
  } catch (error) {
    if (AbortError.isInstance(error)) throw error
    return () => report.say('The page could not be looked at afterwards.')
  }
}
