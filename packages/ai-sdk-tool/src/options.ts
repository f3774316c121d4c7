import type { Tandem } from '@tandem-browser/core'
import type { SessionPool, SessionPoolOptions } from '@tandem-browser/core/pool'
import type { ToolName, ToolProgress, ToolSettings } from '@tandem-browser/core/tools'
import type { ExposablePart } from './output.ts'
import type { ToolCallOptions } from './session-key.ts'
import type { ApprovalScope } from './tool-approval.ts'

/** Options of `createTandemTools`. All may be left out. */
export interface TandemToolsOptions<Name extends ToolName = ToolName> {
  /** The client. Default: one that is configured by the environment at the first call. */
  tandem?: Tandem | undefined
  /** How sessions are made, and how many there may be. */
  sessions?: Omit<SessionPoolOptions, 'tandem'> | undefined
  /**
   * A pool to share with other tools, instead of one of their own made from `tandem` and
   * `sessions`. Whoever made it closes it.
   */
  pool?: SessionPool | undefined
  /**
   * Which conversation a call belongs to: one key, one session. A text for tools that serve one
   * conversation, otherwise a function. Default: `sessionKey`, which looks for it in the context.
   */
  sessionKey?: string | ((call: ToolCallOptions) => string) | undefined
  /** The tools to make. Default: all. */
  tools?: readonly Name[] | undefined
  /** Descriptions of your own, or additions to those that are there. */
  descriptions?: Partial<Record<ToolName, string | { append: string }>> | undefined
  /** `content` (default): the model sees screenshots. `artifact`: only the application does. */
  screenshots?: 'content' | 'artifact' | undefined
  /** What of the artifact is in the JSON of outputs, which is streamed and stored. Default: nothing. */
  expose?: readonly ExposablePart[] | undefined
  /**
   * Which calls wait for a person's approval. `run` (default): code and delegated tasks. `act`: everything
   * that acts on a page, too. In AI SDK 7 `toolApproval` of a call takes its place.
   */
  approval?: ApprovalScope | 'none' | undefined
  /** Schemas and mode for models that know strict tool calls: optional properties are required and may be null. */
  strict?: boolean | undefined
  /** Bounds of the results, and texts that no model may see. */
  settings?: ToolSettings | undefined
  /** Hears of progress, as preliminary results show it. It may hold live view URLs, which are credentials. */
  onProgress?: ((progress: ToolProgress, call: ProgressCall) => void) | undefined
}

/** The call that progress is about. */
export interface ProgressCall {
  tool: ToolName
  /** The key of the session. */
  key: string
  /** Missing when the tool was not called by a model. */
  toolCallId?: string
}
