import type { CloseOptions } from '@tandem-browser/core/pool'
import type {
  ActInput,
  DelegateInput,
  ExecuteCodeInput,
  OpenPageInput,
  ReadPageInput,
  ScreenshotInput,
  ToolName,
} from '@tandem-browser/core/tools'
import type { FlexibleSchema, Schema } from 'ai'
import type { ModelOutput } from './model-output.ts'
import type { TandemToolOutput } from './output.ts'
import type { SessionContext, ToolCallOptions } from './session-key.ts'

/** What a model gives to each tool. */
export interface ToolInputs {
  openPage: OpenPageInput
  readPage: ReadPageInput
  act: ActInput
  screenshot: ScreenshotInput
  executeCode: ExecuteCodeInput
  delegate: DelegateInput
}

/**
 * One tool over the browser session of a conversation, as a `Tool` of AI SDK 6 and 7 alike. Written out,
 * because `Tool` itself has not the same parameters in both.
 */
export type TandemTool<Input extends object = object> = {
  type?: undefined
  description: string
  inputSchema: Schema<Input>
  /** For the type of `toolsContext` in AI SDK 7; the tools need none. */
  contextSchema?: FlexibleSchema<SessionContext | undefined>
  strict?: boolean
  needsApproval?: boolean
  /**
   * Runs the tool. What is yielded last is the result.
   *
   * @throws a `TandemError` when the service failed or the call was aborted
   */
  execute: (
    input: Input,
    call?: ToolCallOptions,
  ) => AsyncGenerator<TandemToolOutput, void, undefined>
  /** What the model reads and sees of an output. */
  toModelOutput: (options: { output: TandemToolOutput }) => ModelOutput
}

/** The tools by name, and nothing else. For types of messages: `InferUITools<TandemToolSet>`. */
export type TandemToolSet<Name extends ToolName = ToolName> = {
  [Each in Name]: TandemTool<ToolInputs[Each]>
}

/** A function, and no tool, which a `ToolSet` would have to have a schema for. */
export type CloseTools = ((options?: CloseOptions) => Promise<void>) & {
  readonly inputSchema: never
}

/** A `ToolSet` that ends the sessions of its tools. Only the tools are enumerable. */
export type TandemTools<Name extends ToolName = ToolName> = TandemToolSet<Name> & {
  /**
   * Ends every session, and aborts the calls that run. Tools cannot be called after it. A pool that
   * was given is left as it is. May be called again.
   *
   * @throws the failure to end a session
   */
  readonly close: CloseTools
  [Symbol.asyncDispose](): Promise<void>
}
