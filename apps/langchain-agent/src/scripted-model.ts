import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import type { ChatResult } from '@langchain/core/outputs'
import { snakeCase, type ToolName } from '@tandem-browser/core/tools'
import type { Script } from 'tour/shopper/script'

/** Plays a script in place of a model, through the same messages and tools. It understands nothing. */
export class ScriptedModel extends BaseChatModel {
  readonly #script: Script
  #steps = 0

  constructor(script: Script) {
    super({})
    this.#script = script
  }

  override _llmType(): string {
    return 'scripted'
  }

  /** The script knows the tools. */
  override bindTools(): this {
    return this
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const last = messages.at(-1)
    const answer = ToolMessage.isInstance(last) ? last.text : ''
    const { done, value } = this.#script.next(answer)
    if (done) return resultOf(new AIMessage({ id: 'end', content: value }))
    this.#steps += 1
    const call = {
      type: 'tool_call' as const,
      id: `step-${this.#steps}`,
      name: nameOfTool(value.tool),
    }
    return resultOf(
      new AIMessage({
        id: call.id,
        content: value.why,
        tool_calls: [{ ...call, args: value.args }],
      }),
    )
  }
}

/** The name by which the model knows a tool. */
export function nameOfTool(tool: ToolName): string {
  return `tandem_${snakeCase(tool)}`
}

function resultOf(message: AIMessage): ChatResult {
  return { generations: [{ text: message.text, message }] }
}
