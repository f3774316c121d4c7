import type { SessionPool } from '../pool/session-pool.ts'
import type { ExecutionOutput } from '../types.ts'
import type { ObjectSchema } from './json-schema.ts'

/** The tools by their names in camelCase; packages derive the names of their framework. */
export type ToolName = 'openPage' | 'readPage' | 'act' | 'screenshot' | 'executeCode' | 'delegate'

/** Maps the tools' own names to those that a model was told, which texts mention. */
export type RenameTool = (name: ToolName) => string

/** One tool, for any framework. */
export interface ToolContract<Input extends object = object> {
  readonly name: ToolName
  /** For people, in a few words. */
  readonly title: string
  /** What a call can do: look, act on the page, or run whatever it is given. For approval policies. */
  readonly effect: 'read' | 'act' | 'run'
  /** The description for a model. */
  describe(rename?: RenameTool): string
  /** JSON Schema of the input. `strictSchema` makes the form that strict modes want. */
  readonly inputSchema: ObjectSchema
  /** Checks an input and makes it the tool's own; a problem is worded for the model. */
  validate(input: unknown): Validation<Input>
  /**
   * Runs the tool. What fails in the task is in the result. What fails in the
   * service (`TandemError`: credentials, credits, network, abort) is thrown.
   * The input is validated here, too.
   */
  execute(input: unknown, context: ToolContext): Promise<ToolResult>
}

/** An input, or everything that is wrong with it. */
export type Validation<Input> =
  | { ok: true; value: Input }
  | {
      ok: false
      /** All problems in one text for a model: where, what was wrong, what would be right. */
      message: string
    }

/** What a tool needs to run. */
export interface ToolContext {
  pool: SessionPool
  /** Whose session it is: one conversation, one key. */
  key: string
  /** Stops the run on the server as well. */
  signal?: AbortSignal | undefined
  /** Hears of progress, for the application and never for the model. */
  onProgress?: ((progress: ToolProgress) => void) | undefined
  /** How the model knows the tools. Default: their own names. */
  rename?: RenameTool | undefined
  settings?: ToolSettings | undefined
}

/** What an application may set. */
export interface ToolSettings {
  /** Characters of page content or output in one result. Default: 20000, about 5000 tokens. */
  maxCharacters?: number | undefined
  /** Bytes of one picture, before base64. Default: 400000. */
  maxImageBytes?: number | undefined
  /** Seconds for the page to do what a call asks for. Default: 60. */
  pageTimeout?: number | undefined
  /** Texts that no model may see, for instance a password that the application typed. */
  secrets?: readonly string[] | undefined
}

/** What goes on while a tool runs. */
export type ToolProgress =
  /** The session is known: its live view can be shown from now on. */
  | { type: 'session'; session: ToolSession }
  /** Something begins, in words for a person. */
  | { type: 'step'; message: string }
  /** Code printed something. */
  | { type: 'stdout' | 'stderr'; text: string }

/** What a tool gives back. `text` and `images` are for the model, `artifact` is for the application alone. */
export type ToolResult = ToolSuccess | ToolFailure

interface ToolResultParts {
  /**
   * All that the model reads: what happened, and the page as it is now. Bounded and redacted. What
   * comes from a page or from code stands between boundary markers that it cannot know.
   */
  text: string
  /** Pictures for the model. */
  images: ToolImage[]
  /** Only when there is more to read: `offset` of the next call. */
  nextOffset?: number
  artifact: ToolArtifact
}

export interface ToolSuccess extends ToolResultParts {
  status: 'ok'
}

/** The task failed in a way that a model can act on. */
export interface ToolFailure extends ToolResultParts {
  status: 'error'
  code: ToolFailureCode
}

export type ToolFailureCode =
  /** The input does not fit the schema; nothing was done. */
  | 'invalid_input'
  /** No page is open in the session. */
  | 'no_page'
  /** The session had ended, and the page with it. A new session is ready; nothing was done in it. */
  | 'page_lost'
  | 'navigation_failed'
  /** The server's rules for outgoing connections refuse the address. */
  | 'address_refused'
  | 'element_not_found'
  /** A text stands for several elements. */
  | 'element_ambiguous'
  /** A person has taken the browser over. */
  | 'session_busy'
  /** A dialog of the page waits for an answer. */
  | 'dialog_open'
  /** The element or the page did not do what was asked for. */
  | 'action_failed'
  | 'timeout'
  | 'code_failed'
  | 'task_failed'

/** A picture as every framework can take it. */
export interface ToolImage {
  mimeType: 'image/jpeg' | 'image/png'
  base64: string
}

/** The session that a result comes from. Its URLs are credentials: whoever has one may use the browser. */
export interface ToolSession {
  id: string
  /** Empty when the server offers none. */
  liveViewUrl: string
  /** Empty when the server offers none. */
  interactiveLiveViewUrl: string
}

/** For the application, never for the model. Plain JSON. */
export interface ToolArtifact {
  tool: ToolName
  /** Missing when the tool failed before there was one. */
  session?: ToolSession
  /** Whether the session before this one was lost, and with it its page. */
  replaced?: boolean
  /** The page as the tool left it. */
  page?: ToolPage
  /** The whole execution of `executeCode` and `delegate`, neither cut nor redacted. */
  execution?: ToolExecution
  /** The picture of `screenshot`. */
  screenshot?: ToolImage
}

export interface ToolPage {
  url: string
  title: string
  /** HTTP status of the document, if known. */
  status?: number
}

export type ToolExecution = ExecutionOutput & {
  /** The agent's answer to a task. */
  output?: string
}
