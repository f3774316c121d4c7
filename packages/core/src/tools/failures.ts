import type { RenameTool, ToolFailureCode } from './contract.ts'

/** A failure of the task: its kind, and what a model can do about it. */
export interface TaskFailure {
  code: ToolFailureCode
  /** In our own words. */
  hint: string
}

type Hint = (tool: RenameTool) => string

const lookAgain: Hint = (tool) =>
  `Look at the page with ${tool('readPage')} and use a ref (like @e3) that is there now.`
const answerDialog: Hint = (tool) =>
  `Answer the dialog with ${tool('act')}, action 'acceptDialog' or 'dismissDialog'; nothing else works until then.`
const waitLonger: Hint = (tool) =>
  `See with ${tool('readPage')} what the page shows by now, or wait for a text with ${tool('act')}, action 'wait'.`

/** What agent-browser says, from the special to the general. */
const patterns: readonly (readonly [RegExp, ToolFailureCode, Hint])[] = [
  [/dialog is blocking/i, 'dialog_open', answerDialog],
  [
    /ERR_(TUNNEL_CONNECTION_FAILED|PROXY|BLOCKED_BY)/i,
    'address_refused',
    () =>
      'The server did not connect to that address: its rules for outgoing connections may refuse it. Another address may work; the operator of the server can allow this one.',
  ],
  [
    /ERR_UNSAFE_PORT/i,
    'navigation_failed',
    () => 'No browser connects to that port. Use another address.',
  ],
  [
    /ERR_NAME_NOT_RESOLVED/i,
    'navigation_failed',
    () => 'There is no such host. Check the spelling of the address.',
  ],
  [
    /Navigation failed|net::ERR_/i,
    'navigation_failed',
    () => 'Check the address; if it is right, the site may be down.',
  ],
  [
    /covered by/i,
    'action_failed',
    (tool) =>
      `Something lies over the element. Close or use that first (often a banner or a dialog of the page), or scroll, then try again with ${tool('act')}.`,
  ],
  [
    /is disabled/i,
    'action_failed',
    () => 'The element is disabled. Something else has to be filled in or chosen first.',
  ],
  [/No option matched/i, 'action_failed', () => 'Choose one of the options that are named.'],
  [/unknown ref|not found|no element|not visible/i, 'element_not_found', lookAgain],
  [/timed? ?out|outcome_unknown|temporarily unavailable/i, 'timeout', waitLonger],
]

/** What an error of agent-browser means. */
export function readFailure(error: string, tool: RenameTool): TaskFailure {
  for (const [pattern, code, hint] of patterns) {
    if (pattern.test(error)) return { code, hint: hint(tool) }
  }
  return { code: 'action_failed', hint: lookAgain(tool) }
}

/** What to do when the page cannot be seen. */
export function viewHint(
  kind: 'dialog' | 'too_large' | 'timeout' | 'failed',
  tool: RenameTool,
): TaskFailure {
  switch (kind) {
    case 'dialog':
      return { code: 'dialog_open', hint: answerDialog(tool) }
    case 'too_large':
      return {
        code: 'action_failed',
        hint: `Read the page with ${tool('readPage')}, format 'text' or 'markdown'.`,
      }
    case 'timeout':
      return { code: 'timeout', hint: waitLonger(tool) }
    case 'failed':
      return { code: 'action_failed', hint: `Open the page again with ${tool('openPage')}.` }
    default:
      return kind satisfies never
  }
}
