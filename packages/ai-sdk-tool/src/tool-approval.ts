import { type ToolName, tools } from '@tandem-browser/core/tools'

/** Which calls a person is asked about: those that run code or a task, or all that act on a page as well. */
export type ApprovalScope = 'run' | 'act'

/** Options of `toolApproval`. */
export interface ToolApprovalOptions {
  /** `run` (default): before code and delegated tasks. `act`: before everything that acts on a page, too. */
  before?: ApprovalScope | undefined
}

/** For each tool, whether a person is asked. */
export type ToolApprovalPolicy = Record<ToolName, 'user-approval' | 'not-applicable'>

/**
 * The policy for `toolApproval` of AI SDK 7: `streamText({ tools, toolApproval: toolApproval() })`.
 * There it takes the place of what the tools say themselves.
 */
export function toolApproval({ before = 'run' }: ToolApprovalOptions = {}): ToolApprovalPolicy {
  const policy = Object.keys(tools).map((name) => [
    name,
    needsApproval(name as ToolName, before) ? 'user-approval' : 'not-applicable',
  ])
  return Object.fromEntries(policy) as ToolApprovalPolicy
}

/** Whether a person is asked before a tool runs. */
export function needsApproval(name: ToolName, before: ApprovalScope): boolean {
  const { effect } = tools[name]
  return effect === 'run' || (effect === 'act' && before === 'act')
}
