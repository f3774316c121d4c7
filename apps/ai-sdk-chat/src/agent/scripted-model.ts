import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider'
import type { Script } from 'tour/shopper/script'

/** Milliseconds between two words, so that a reader sees them come. */
const wordInterval = 10

/**
 * Plays scripts in place of a model, through the same messages and tools. It understands nothing and
 * remembers nothing: at every call the script of the last task is played again from its begin, with
 * what the tools have answered since.
 */
export class ScriptedModel implements LanguageModelV4 {
  readonly specificationVersion = 'v4'
  readonly provider = 'tandem'
  readonly modelId = 'scripted'
  readonly supportedUrls: Record<string, RegExp[]> = {}
  readonly #scriptFor: (task: string) => Script

  /** @param scriptFor chooses the script for what the user asks for */
  constructor(scriptFor: (task: string) => Script) {
    this.#scriptFor = scriptFor
  }

  async doGenerate({ prompt }: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const content = this.#next(prompt)
    return { content, finishReason: reasonOf(content), usage, warnings: [] }
  }

  async doStream({
    prompt,
    abortSignal,
  }: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const content = this.#next(prompt)
    return { stream: streamOf(speak(content, abortSignal)) }
  }

  #next(prompt: LanguageModelV4Prompt): LanguageModelV4Content[] {
    const { task, answers, calls } = readTurn(prompt)
    const script = this.#scriptFor(task)
    let step = script.next('')
    for (const answer of answers) if (!step.done) step = script.next(answer)
    if (step.done) return [{ type: 'text', text: step.value }]
    const { why, tool, args } = step.value
    const id = `step-${calls + 1}`
    return [
      { type: 'text', text: why },
      { type: 'tool-call', toolCallId: id, toolName: tool, input: JSON.stringify(args) },
    ]
  }
}

interface Turn {
  /** What the user wrote last. */
  task: string
  /** What each tool has answered since; empty for a call that a person refused. */
  answers: string[]
  /** Calls in the whole conversation. */
  calls: number
}

function readTurn(prompt: LanguageModelV4Prompt): Turn {
  const turn: Turn = { task: '', answers: [], calls: 0 }
  for (const { role, content } of prompt) {
    if (role === 'user') {
      turn.task = content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
      turn.answers = []
    } else if (role === 'assistant') {
      turn.calls += content.filter((part) => part.type === 'tool-call').length
    } else if (role === 'tool') {
      for (const part of content) if (part.type === 'tool-result') turn.answers.push(textOf(part))
    }
  }
  return turn
}

type ToolResult = Extract<
  Extract<LanguageModelV4Prompt[number], { role: 'tool' }>['content'][number],
  { type: 'tool-result' }
>

function textOf({ output }: ToolResult): string {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return output.value
    case 'content':
      return output.value.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
    case 'execution-denied':
      return ''
    case 'json':
    case 'error-json':
      return JSON.stringify(output.value)
    default:
      return output satisfies never
  }
}

function streamOf<Part>(parts: AsyncGenerator<Part>): ReadableStream<Part> {
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => void (await parts.return(undefined)),
  })
}

async function* speak(
  content: readonly LanguageModelV4Content[],
  signal: AbortSignal | undefined,
): AsyncGenerator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] }
  for (const part of content) {
    if (part.type === 'tool-call') yield part
    if (part.type !== 'text') continue
    yield { type: 'text-start', id: 'text' }
    for (const word of part.text.split(/(?<=\s)/)) {
      signal?.throwIfAborted()
      yield { type: 'text-delta', id: 'text', delta: word }
      await new Promise((resolve) => setTimeout(resolve, wordInterval))
    }
    yield { type: 'text-end', id: 'text' }
  }
  yield { type: 'finish', finishReason: reasonOf(content), usage }
}

function reasonOf(content: readonly LanguageModelV4Content[]): LanguageModelV4FinishReason {
  const isCalling = content.some((part) => part.type === 'tool-call')
  return { unified: isCalling ? 'tool-calls' : 'stop', raw: undefined }
}

/** It costs nothing. */
const usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
}
