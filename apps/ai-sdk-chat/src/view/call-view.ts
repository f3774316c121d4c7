import type { TandemToolOutput } from '@tandem-browser/ai-sdk-tool'
import type { ActInput } from '@tandem-browser/core/tools'
import { isToolUIPart } from 'ai'
import type { ChatMessage } from '../agent/chat-agent.ts'

export type ToolPart = Exclude<
  Extract<ChatMessage['parts'][number], { toolCallId: string }>,
  { type: 'dynamic-tool' }
>

/** How far a call is, for a person. */
export type CallState =
  | 'preparing'
  | 'waiting'
  | 'running'
  | 'done'
  /** It did not work; the model knows why and may try something else. */
  | 'failed'
  | 'denied'
  | 'stopped'

/** A call of a tool as a person reads it. */
export interface CallView {
  id: string
  state: CallState
  /** What is done: `Click`. */
  action: string
  /** What it is done to: `Add to cart`. */
  subject: string
  code?: { language: string; text: string }
  /** What goes on at the moment. */
  progress?: string
  /** What code has printed so far, or in all. */
  printed?: string
  /** What came of it. */
  result?: string
  /** A picture, as an address. */
  picture?: string
  /** For the answer to a request for approval. */
  approvalId?: string
}

export function isToolPart(part: ChatMessage['parts'][number]): part is ToolPart {
  return isToolUIPart(part) && part.type !== 'dynamic-tool'
}

/** @param isOpen whether the answer that the call belongs to is still being given or asks for something */
export function viewCall(part: ToolPart, isOpen: boolean): CallView {
  const output = part.state === 'output-available' ? part.output : undefined
  const code = codeOf(part)
  return {
    id: part.toolCallId,
    ...describeCall(part),
    ...(code && { code }),
    ...(output && viewOutput(output)),
    ...(part.state === 'output-error' && { result: part.errorText }),
    ...(part.state === 'approval-requested' && { approvalId: part.approval.id }),
    state: stateOf(part, isOpen),
  }
}

function stateOf(part: ToolPart, isOpen: boolean): CallState {
  switch (part.state) {
    case 'input-streaming':
      return isOpen ? 'preparing' : 'stopped'
    case 'approval-requested':
      return isOpen ? 'waiting' : 'stopped'
    case 'approval-responded':
      if (!part.approval.approved) return 'denied'
      return isOpen ? 'running' : 'stopped'
    case 'input-available':
      return isOpen ? 'running' : 'stopped'
    case 'output-available':
      if (part.output.status === 'running') return isOpen ? 'running' : 'stopped'
      return part.output.status === 'ok' ? 'done' : 'failed'
    case 'output-error':
      return 'failed'
    case 'output-denied':
      return 'denied'
    default:
      return part satisfies never
  }
}

const acts: Readonly<Record<string, string>> = {
  click: 'Click',
  doubleClick: 'Double-click',
  fill: 'Fill in',
  type: 'Type into',
  press: 'Press',
  select: 'Choose in',
  check: 'Tick',
  uncheck: 'Untick',
  hover: 'Point at',
  scroll: 'Scroll',
  back: 'Go back',
  forward: 'Go forward',
  reload: 'Reload',
  wait: 'Wait for',
  acceptDialog: 'Accept the dialog',
  dismissDialog: 'Dismiss the dialog',
}

const readings: Readonly<Record<string, string>> = {
  markdown: 'the page as Markdown',
  text: 'the text of the page',
  output: 'the rest of the output',
}

const languages: Readonly<Record<string, string>> = {
  node: 'JavaScript',
  python: 'Python',
  bash: 'Bash',
}

function describeCall(part: ToolPart): { action: string; subject: string } {
  switch (part.type) {
    case 'tool-openPage':
      return { action: 'Open', subject: part.input?.url ?? '' }
    case 'tool-readPage':
      return { action: 'Read', subject: readings[part.input?.format ?? 'snapshot'] ?? 'the page' }
    case 'tool-screenshot':
      return { action: 'Take a picture', subject: '' }
    case 'tool-executeCode':
      return { action: `Run ${languages[part.input?.language ?? 'node'] ?? 'code'}`, subject: '' }
    case 'tool-act': {
      const { action = '' } = part.input ?? {}
      return { action: acts[action] ?? 'Act on the page', subject: subjectOf(part.input ?? {}) }
    }
    default:
      return part satisfies never
  }
}

/** What is acted on. What is filled in is left out: it may be a password. */
function subjectOf({ action, target, value, direction }: Partial<ActInput>): string {
  if (action === 'wait') return value ?? target ?? 'the page to be quiet'
  if (action === 'press') return value ?? ''
  return target ?? (action === 'scroll' ? (direction ?? 'down') : '')
}

function codeOf(part: ToolPart): CallView['code'] {
  if (part.type !== 'tool-executeCode' || part.input?.code === undefined) return undefined
  return { language: languages[part.input.language ?? 'node'] ?? '', text: part.input.code }
}

function viewOutput(output: TandemToolOutput): Partial<CallView> {
  if (output.status === 'running') {
    const progress = output.steps.at(-1)
    const printed = output.stdout + output.stderr
    return { ...(progress !== undefined && { progress }), ...(printed && { printed }) }
  }
  const { execution, screenshot } = output.artifact
  if (screenshot) return { picture: `data:${screenshot.mimeType};base64,${screenshot.base64}` }
  if (!execution) return { result: withoutMarkers(output.text) }
  const { stdout, stderr, result, error } = execution
  const printed = [stdout, stderr].filter(Boolean).join('\n')
  // In a shell they are the same.
  const value = result.trim() === stdout.trim() ? '' : result
  return { ...(printed && { printed }), result: error ?? (value || (printed ? '' : 'No output.')) }
}

/** What a model reads, without the lines that tell it what is not to be trusted. */
function withoutMarkers(text: string): string {
  return text.replace(/^<\/?untrusted-content [^\n]*\n?/gm, '').trim()
}
