import { act } from './act.ts'
import type { ToolContract } from './contract.ts'
import type {
  ActInput,
  DelegateInput,
  ExecuteCodeInput,
  OpenPageInput,
  ReadPageInput,
  ScreenshotInput,
} from './inputs.ts'
import { delegate } from './delegate.ts'
import { executeCode } from './execute-code.ts'
import { openPage } from './open-page.ts'
import { readPage } from './read-page.ts'
import { screenshot } from './screenshot.ts'

export type * from './contract.ts'
export type * from './inputs.ts'
export { type ObjectSchema, type StrictObjectSchema, strictSchema } from './json-schema.ts'
export { snakeCase } from './names.ts'

/** All tools by name. */
export const tools: ToolContracts = { openPage, readPage, act, screenshot, executeCode, delegate }

/** One contract for each tool. */
export interface ToolContracts {
  readonly openPage: ToolContract<OpenPageInput>
  readonly readPage: ToolContract<ReadPageInput>
  readonly act: ToolContract<ActInput>
  readonly screenshot: ToolContract<ScreenshotInput>
  readonly executeCode: ToolContract<ExecuteCodeInput>
  readonly delegate: ToolContract<DelegateInput>
}
