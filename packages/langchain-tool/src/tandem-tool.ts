import type { CallbackManagerForToolRun } from '@langchain/core/callbacks/manager'
import { type MessageContent, ToolMessage } from '@langchain/core/messages'
import {
  StructuredTool,
  type StructuredToolCallInput,
  ToolInputParsingException,
  type ToolReturnType,
  type ToolRunnableConfig,
} from '@langchain/core/tools'
import type { JSONSchema } from '@langchain/core/utils/json_schema'
import type { SessionPool } from '@tandem-browser/core/pool'
import {
  type RenameTool,
  strictSchema,
  type ToolArtifact,
  type ToolContext,
  type ToolContract,
  type ToolName,
  type ToolProgress,
  type ToolResult,
} from '@tandem-browser/core/tools'
import { contentOf } from './content.ts'
import type { TandemToolsOptions } from './options.ts'
import { sessionKey } from './session-key.ts'

/** What a model gives to a tool; the schema of the tool says which properties there are. */
export type TandemToolInput = Record<string, unknown>

/** One tool over the browser session of a conversation. */
export class TandemTool extends StructuredTool<
  JSONSchema,
  TandemToolInput,
  TandemToolInput,
  MessageContent,
  ToolProgress
> {
  readonly name: string
  readonly description: string
  readonly schema: JSONSchema
  /** The name of the tool in `tools`, `descriptions` and artifacts, whatever the model calls it. */
  readonly tool: ToolName
  /** What a call can do: look, act on the page, or run whatever it is given. */
  readonly effect: 'read' | 'act' | 'run'
  readonly #contract: ToolContract
  readonly #pool: SessionPool
  readonly #rename: RenameTool
  readonly #options: TandemToolsOptions

  static override lc_name(): string {
    return 'TandemTool'
  }

  constructor(
    contract: ToolContract,
    pool: SessionPool,
    rename: RenameTool,
    options: TandemToolsOptions,
  ) {
    super({ responseFormat: 'content_and_artifact' })
    const { strict, descriptions } = options
    const described = descriptions?.[contract.name]
    const own = contract.describe(rename)
    this.tool = contract.name
    this.effect = contract.effect
    this.name = rename(contract.name)
    this.description =
      typeof described === 'object' ? `${own}\n${described.append}` : (described ?? own)
    // A copy: LangChain leaves marks of its own in it.
    this.schema = structuredClone(
      strict ? strictSchema(contract.inputSchema) : contract.inputSchema,
    ) as JSONSchema
    this.#contract = contract
    this.#pool = pool
    this.#rename = rename
    this.#options = options
  }

  /**
   * Calls the tool. A tool call of a model gets a `ToolMessage`, whose status is `error` when the
   * task failed or the input is wrong; arguments alone get the content.
   *
   * @throws a `TandemError` when the service failed; a `ToolInputParsingException` when arguments that
   *   do not come from a model are wrong
   */
  override async invoke<
    TInput extends StructuredToolCallInput<JSONSchema, TandemToolInput>,
    TConfig extends ToolRunnableConfig | undefined,
  >(input: TInput, config?: TConfig): Promise<ToolReturnType<TInput, TConfig, MessageContent>> {
    const fromModel = isToolCall(input)
    const given = fromModel ? input.args : input
    const validation = this.#contract.validate(given)
    if (validation.ok) {
      const args = this.#complete(validation.value as TandemToolInput)
      const named = { ...config, runName: config?.runName ?? this.name } as TConfig
      return super.invoke((fromModel ? { ...input, args } : args) as TInput, named)
    }
    // LangChain's own answer would repeat the input, and tell a model nothing of what is wrong.
    const id = fromModel ? input.id : config?.toolCall?.id
    if (id === undefined) throw new ToolInputParsingException(validation.message)
    const message = this.#failure(validation.message, { tool: this.tool }, id)
    return message as unknown as ToolReturnType<TInput, TConfig, MessageContent>
  }

  protected override async _call(
    input: TandemToolInput,
    runManager?: CallbackManagerForToolRun,
    config: ToolRunnableConfig = {},
  ): Promise<MessageContent> {
    const { settings, screenshots = 'content', onProgress } = this.#options
    const key = (this.#options.sessionKey ?? sessionKey)(config)
    const toolCallId = config.toolCall?.id
    let told: Promise<unknown> = Promise.resolve()
    const context: ToolContext = {
      pool: this.#pool,
      key,
      signal: config.signal,
      rename: this.#rename,
      settings,
      onProgress: (progress) => {
        onProgress?.(progress, {
          tool: this.tool,
          key,
          ...(toolCallId !== undefined && { toolCallId }),
        })
        // A listener that fails is no reason for the tool to fail.
        told = told.then(() => runManager?.handleToolEvent(progress)).catch(() => {})
      },
    }
    const result = await this.#contract.execute(input, context)
    await told
    const content = contentOf(result, screenshots)
    // LangChain takes the two apart.
    return [
      this.#message(result, content, toolCallId),
      result.artifact,
    ] as unknown as MessageContent
  }

  #message(
    { status, artifact }: ToolResult,
    content: MessageContent,
    toolCallId: string | undefined,
  ): MessageContent | ToolMessage {
    if (status === 'ok' || toolCallId === undefined) return content
    return this.#failure(content, artifact, toolCallId)
  }

  #failure(content: MessageContent, artifact: ToolArtifact, id: string): ToolMessage {
    return new ToolMessage({
      status: 'error',
      content,
      artifact,
      tool_call_id: id,
      name: this.name,
    })
  }

  /** An input as its schema wants it: strict ones want null for what is not there. */
  #complete(input: TandemToolInput): TandemToolInput {
    if (!this.#options.strict) return input
    const names = Object.keys(this.#contract.inputSchema.properties)
    return Object.fromEntries(names.map((name) => [name, input[name] ?? null]))
  }
}

function isToolCall(input: unknown): input is { args: TandemToolInput; id?: string } {
  return (
    typeof input === 'object' && input !== null && 'type' in input && input.type === 'tool_call'
  )
}
