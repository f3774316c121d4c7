import type { ToolName } from '@tandem-browser/core/tools'

/** What a script does next: a tool to call, and a sentence that says why. */
export interface ScriptedStep {
  why: string
  tool: ToolName
  args: Record<string, unknown>
}

/** Gets what the tool before it answered, and returns the closing words. */
export type Script = Generator<ScriptedStep, string, string>

/** A part of a script, with a result of its own. */
export type ScriptPart<Result> = Generator<ScriptedStep, Result, string>

export function open(why: string, url: string): ScriptedStep {
  return { why, tool: 'openPage', args: { url } }
}

export function read(why: string): ScriptedStep {
  return { why, tool: 'readPage', args: { format: 'markdown' } }
}

export function act(why: string, action: string, target?: string, value?: string): ScriptedStep {
  return { why, tool: 'act', args: { action, target, value } }
}

export function execute(why: string, code: string, timeout?: number): ScriptedStep {
  return { why, tool: 'executeCode', args: { code, timeout } }
}
