import { BrowserServiceError, NotFoundError, SessionDestroyedError } from '../errors.ts'
import type { SessionLease } from '../pool/session-pool.ts'
import { Browser } from './browser.ts'
import type { RenameTool, ToolContext, ToolContract, ToolResult, Validation } from './contract.ts'
import { reportProblem } from './page-report.ts'
import { Report } from './report.ts'
import { checkInput, type Problem } from './validate.ts'

/** One call of a tool, with its session. */
export interface ToolCall {
  session: SessionLease
  browser: Browser
  report: Report
  context: ToolContext
}

/** What makes one tool different from the others. */
export interface ToolDefinition<Input extends object> extends Pick<
  ToolContract<Input>,
  'name' | 'title' | 'effect' | 'inputSchema'
> {
  description: (tool: RenameTool) => string
  /** What the schema cannot say. */
  check?: (input: Input) => Problem[]
  /** The page that a scrape-bound session may begin with. Only a tool that opens one has it. */
  startUrl?: (input: Input) => string
  run: (input: Input, call: ToolCall) => Promise<ToolResult>
}

/** Seconds for the page to do what a call asks for. */
const pageTimeout = 60

/** What all tools have in common. */
export function defineTool<Input extends object>(
  definition: ToolDefinition<Input>,
): ToolContract<Input> {
  const { name, title, effect, inputSchema, description } = definition

  const validate = (input: unknown): Validation<Input> => {
    const { value, problems } = checkInput(inputSchema, input)
    if (problems.length === 0) problems.push(...(definition.check?.(value as Input) ?? []))
    if (problems.length === 0) return { ok: true, value: value as Input }
    const lines = problems.map(({ property, text }) => `- ${property}: ${text}`)
    return { ok: false, message: ['The input is wrong; nothing was done.', ...lines].join('\n') }
  }

  const execute = async (given: unknown, context: ToolContext): Promise<ToolResult> => {
    const validation = validate(given)
    if (!validation.ok) {
      return new Report(name, context).say(validation.message).failure('invalid_input')
    }
    const input = validation.value
    const { pool, key, signal, settings, onProgress } = context
    const startUrl = definition.startUrl?.(input)
    try {
      return await pool.run(
        key,
        async (session) => {
          const report = new Report(name, context, session)
          if (report.artifact.session) {
            onProgress?.({ type: 'session', session: report.artifact.session })
          }
          if (session.replaced && !definition.startUrl) return pageLost(report)
          const browser = new Browser(session, settings?.pageTimeout ?? pageTimeout)
          try {
            return await definition.run(input, { session, browser, report, context })
          } catch (error) {
            const failure = await taskFailure(error, browser, new Report(name, context, session))
            if (failure) return failure
            throw error
          }
        },
        { signal, startUrl },
      )
    } catch (error) {
      // A scrape-bound session begins with a page, and this tool opens none.
      if (pool.kind === 'standalone' || startUrl !== undefined) throw error
      const report = new Report(name, context)
      if (SessionDestroyedError.isInstance(error)) return pageLost(report)
      if (NotFoundError.isInstance(error) && error.status === undefined) return noPage(report)
      throw error
    }
  }

  return {
    name,
    title,
    effect,
    inputSchema,
    describe: (rename = (own) => own) => description(rename),
    validate,
    execute,
  }
}

/** What a model can act on although the service says that it failed. */
async function taskFailure(
  error: unknown,
  browser: Browser,
  report: Report,
): Promise<ToolResult | undefined> {
  // The classes derived from it mean something else.
  if ((error as Error).name === 'ConflictError') return sessionBusy(report)
  // Code cannot be started on a page that a dialog blocks.
  if (!BrowserServiceError.isInstance(error)) return undefined
  try {
    const { problem } = await browser.view()
    if (problem?.kind !== 'dialog') return undefined
    return reportProblem(report.say('It was not done, or not to its end.'), problem)
  } catch {
    // It says nothing new.
    return undefined
  }
}

function sessionBusy(report: Report): ToolResult {
  return report
    .say('A person uses the browser at the moment, so this was not done, or not to its end.')
    .failure(
      'session_busy',
      'Wait, or ask the user to hand the browser back. Then look at the page.',
    )
}

function pageLost(report: Report): ToolResult {
  return report
    .say(
      'The browser session had ended, and its page, cookies and variables with it. Nothing was done.',
    )
    .failure(
      'page_lost',
      `A new one is ready: open the page again with ${report.tool('openPage')}.`,
    )
}

/** For a tool that needs a page when there is none. */
export function noPage(report: Report): ToolResult {
  return report
    .say('No page is open, so nothing was done.')
    .failure('no_page', `Open one with ${report.tool('openPage')} first.`)
}
