import type { Tandem } from '@tandem-browser/core'
import type { SessionPool, SessionPoolOptions } from '@tandem-browser/core/pool'
import type { ToolName, ToolProgress, ToolSettings } from '@tandem-browser/core/tools'
import type { ToolRunnableConfig } from '@langchain/core/tools'

/** Options of `createTandemTools` and `TandemToolkit`. All may be left out. */
export interface TandemToolsOptions {
  /** The client. Default: one that is configured by the environment at the first call. */
  tandem?: Tandem | undefined
  /** How sessions are made, and how many there may be. */
  sessions?: Omit<SessionPoolOptions, 'tandem'> | undefined
  /**
   * A pool to share with other tools, instead of one of their own made from `tandem` and
   * `sessions`. Whoever made it closes it.
   */
  pool?: SessionPool | undefined
  /** Which conversation a call belongs to: one key, one session. Default: `sessionKey`. */
  sessionKey?: ((config: ToolRunnableConfig) => string) | undefined
  /** The tools to make. Default: all. */
  tools?: readonly ToolName[] | undefined
  /** What every name begins with. Default: `tandem_`. */
  prefix?: string | undefined
  /** Descriptions of your own, or additions to those that are there. */
  descriptions?: Partial<Record<ToolName, string | { append: string }>> | undefined
  /** `content` (default): the model sees screenshots. `artifact`: only the application does. */
  screenshots?: 'content' | 'artifact' | undefined
  /** Schemas for models that are bound with `strict: true`: optional properties are required and may be null. */
  strict?: boolean | undefined
  /** Bounds of the results, and texts that no model may see. */
  settings?: ToolSettings | undefined
  /** Hears of progress, as the tool events do. It may hold live view URLs, which are credentials. */
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
