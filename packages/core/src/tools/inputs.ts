import type { Language } from '../types.ts'

/** Input of `openPage`. */
export interface OpenPageInput {
  /** A whole address, http or https. */
  url: string
}

/** Input of `readPage`. */
export interface ReadPageInput {
  /** `output`: the rest of what the last code or task printed. Default: `snapshot`. */
  format?: 'snapshot' | 'markdown' | 'text' | 'output'
  /** Characters to skip: the `nextOffset` of the result before. Default: 0. */
  offset?: number
}

/** What `act` can do. */
export type ActionName =
  | 'click'
  | 'doubleClick'
  | 'fill'
  | 'type'
  | 'press'
  | 'select'
  | 'check'
  | 'uncheck'
  | 'hover'
  | 'scroll'
  | 'back'
  | 'forward'
  | 'reload'
  | 'wait'
  | 'acceptDialog'
  | 'dismissDialog'

/** Input of `act`. */
export interface ActInput {
  action: ActionName
  /** A ref of a snapshot (`@e3`), or the visible text, label or placeholder of the element. */
  target?: string
  /** The text to fill or type, the key to press, the option to select, the text to wait for. */
  value?: string
  /** Of `scroll`. Default: `down`. */
  direction?: 'up' | 'down' | 'left' | 'right'
  /** Pixels of `scroll` (default: 600), milliseconds of `wait`. */
  amount?: number
}

/** Input of `screenshot`. */
export interface ScreenshotInput {
  /** The whole page instead of the part that is in view. Default: false. */
  fullPage?: boolean
}

/** Input of `executeCode`. */
export interface ExecuteCodeInput {
  code: string
  /** Default: `node`. */
  language?: Language
  /** Seconds, 1 to 300. Default: 30. */
  timeout?: number
}

/** Input of `delegate`. */
export interface DelegateInput {
  /** The task in words. */
  task: string
}
