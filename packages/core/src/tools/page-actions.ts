import type { BrowserCommand } from './browser-script.ts'
import type { ActInput, ActionName } from './inputs.ts'
import type { Problem } from './validate.ts'

/** The element that an action is for. */
export type ActionTarget =
  | {
      ref: string
      /** Text in it is part of the page and not the value of a field. */
      isEditor: boolean
    }
  | { ref?: undefined; text: string }

interface Action {
  /** Whether there must, or may, be a target. */
  target?: 'required' | 'optional'
  /** Whether there must, or may, be a value. */
  value?: 'required' | 'optional'
  /** Whether the page may change by itself a moment later. */
  settles?: boolean
}

const actions: Readonly<Record<ActionName, Action>> = {
  click: { target: 'required', settles: true },
  doubleClick: { target: 'required', settles: true },
  fill: { target: 'required', value: 'required' },
  type: { target: 'optional', value: 'required' },
  press: { target: 'optional', value: 'required', settles: true },
  select: { target: 'required', value: 'required', settles: true },
  check: { target: 'required', settles: true },
  uncheck: { target: 'required', settles: true },
  hover: { target: 'required', settles: true },
  scroll: { target: 'optional', settles: true },
  back: { settles: true },
  forward: { settles: true },
  reload: { settles: true },
  wait: { target: 'optional', value: 'optional' },
  acceptDialog: { value: 'optional', settles: true },
  dismissDialog: { settles: true },
}

export const actionNames: readonly ActionName[] = Object.keys(actions) as ActionName[]

/** Milliseconds in which a page that reacts to an action has usually done so. */
const settleTime = '250'
/** Pixels. */
const scrollAmount = 600
/** One key, or keys held together. */
const keyShape =
  /^(?:(?:Control|Ctrl|Alt|Shift|Meta|Command|Cmd)\+)*(?:[^\s+]|\+|Space|[A-Z][A-Za-z0-9]+)$/

/** What the schema cannot say: which action needs what. */
export function checkAction({ action, target, value }: ActInput): Problem[] {
  const needs = actions[action]
  const problems: Problem[] = []
  if (needs.target === 'required' && target === undefined) {
    const text = `is missing: '${action}' needs an element, as a ref such as @e3 or as its visible text.`
    problems.push({ property: 'target', text })
  }
  if (needs.target === undefined && target !== undefined) {
    problems.push({ property: 'target', text: `does not belong to '${action}'; leave it out.` })
  }
  if (needs.value === 'required' && value === undefined) {
    problems.push({ property: 'value', text: `is missing: ${valueMeaning(action)}` })
  }
  if (action === 'press' && value !== undefined && !keyShape.test(value)) {
    const text =
      "must be one key, such as Enter, Tab, Escape, ArrowDown, a or Control+a. For text use the action 'type'."
    problems.push({ property: 'value', text })
  }
  return problems
}

function valueMeaning(action: ActionName): string {
  if (action === 'press') return 'the key to press, such as Enter.'
  return action === 'select' ? 'the option to select.' : `the text to ${action}.`
}

/** Waits until the page has probably done what an action made it do. It fails when a dialog opens. */
export function settlingOf(action: ActionName): BrowserCommand[] {
  return actions[action].settles ? [['wait', settleTime]] : []
}

/** The commands of agent-browser that carry an action out. Of a checked input. */
export function commandsOf(
  { action, value = '', direction = 'down', amount, ...input }: ActInput,
  target: ActionTarget | undefined,
): BrowserCommand[] {
  const ref = target?.ref ?? ''
  switch (action) {
    case 'click':
    case 'hover':
      return target && target.ref === undefined
        ? [['find', 'text', target.text, action]]
        : [[action, ref]]
    case 'doubleClick':
      return [['dblclick', ref]]
    case 'fill':
      return target?.ref !== undefined && target.isEditor
        ? [
            ['focus', ref],
            ['press', 'Control+a'],
            value ? ['keyboard', 'type', value] : ['press', 'Delete'],
          ]
        : [
            ['fill', ref, value],
            ['get', 'value', ref],
          ]
    case 'type':
      return [ref ? ['type', ref, value] : ['keyboard', 'type', value]]
    case 'press':
      return [...(ref ? [['focus', ref]] : []), ['press', value]]
    case 'select':
      return [['select', ref, value]]
    case 'check':
    case 'uncheck':
      return [[action, ref]]
    case 'scroll':
      return [ref ? ['scrollintoview', ref] : ['scroll', direction, String(amount ?? scrollAmount)]]
    case 'wait': {
      const awaited = value || input.target
      if (awaited) return [['wait', '--text', awaited]]
      return [amount ? ['wait', String(amount)] : ['wait', '--load', 'networkidle']]
    }
    case 'acceptDialog':
      return [value ? ['dialog', 'accept', value] : ['dialog', 'accept']]
    case 'dismissDialog':
      return [['dialog', 'dismiss']]
    case 'back':
    case 'forward':
    case 'reload':
      return [[action]]
    default:
      return action satisfies never
  }
}
