import { type ToolName, tools } from '@tandem-browser/core/tools'
import { toolName } from './tool-name.ts'

/** Which calls a person is asked about first. */
export interface InterruptOnOptions {
  /** `run` (default): before code and delegated tasks. `act`: before everything that acts on a page, too. */
  before?: 'run' | 'act' | undefined
  /** The prefix of the tools' names, if it is not `tandem_`. */
  prefix?: string | undefined
}

/** For one tool, what `humanInTheLoopMiddleware` wants to know. */
export interface InterruptOnTool {
  allowedDecisions: ('approve' | 'edit' | 'reject')[]
  /** What the person is shown. */
  description: (toolCall: { args: Record<string, unknown> }) => string
}

/** The policy for the human-in-the-loop middleware of `langchain`: `humanInTheLoopMiddleware({ interruptOn: interruptOn() })`. */
export function interruptOn({ before = 'run', prefix }: InterruptOnOptions = {}): Record<
  string,
  InterruptOnTool
> {
  const policy: Record<string, InterruptOnTool> = {}
  for (const { name, title, effect } of Object.values(tools)) {
    if (effect === 'read' || (effect === 'act' && before === 'run')) continue
    policy[toolName(name, prefix)] = {
      allowedDecisions: ['approve', 'edit', 'reject'],
      description: ({ args }) => `${title}${describeArguments(name, args)}`,
    }
  }
  return policy
}

/** What would run, as a person can read it. */
function describeArguments(name: ToolName, args: Record<string, unknown>): string {
  if (name === 'executeCode') {
    const { code, language, ...rest } = args
    const options = Object.keys(rest).length > 0 ? `, ${JSON.stringify(rest)}` : ''
    return ` (${asText(language ?? 'node')}${options}):\n${asText(code)}`
  }
  if (name === 'delegate') return `:\n${asText(args['task'])}`
  return `: ${JSON.stringify(args)}`
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
