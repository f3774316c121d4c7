import type { LanguageModel } from 'ai'
import * as mocks from 'ai/test'

/** A call that the model is to make. */
export interface ScriptedCall {
  tool: string
  input: unknown
}

/** One turn of the model: calls of tools, all at once, or the last words. */
export type ScriptedTurn = string | readonly ScriptedCall[]

/** A definition of a tool as the model gets it. */
export interface SeenTool {
  name: string
  description: string
  inputSchema: unknown
}

/** A result of a tool as the model gets it. */
export interface SeenResult {
  toolCallId: string
  /** `text`, `content`, `error-text` or what else there is. */
  type: string
  /** All text of it. */
  text: string
  /** The pictures in it, in base64. */
  pictures: string[]
}

interface CallOptions {
  prompt: { role: string; content: unknown }[]
  tools?: SeenTool[]
}

/** A model that plays its turns, and keeps all that it was sent. It is of the kind that the AI SDK in use wants. */
export interface ScriptedModel {
  model: LanguageModel
  /** What the model was sent, one item a call. */
  calls: CallOptions[]
  /** The results that the model was sent in its last call. */
  results: () => SeenResult[]
}

type StreamResult = Awaited<ReturnType<mocks.MockLanguageModelV3['doStream']>>
type StreamPart = StreamResult['stream'] extends ReadableStream<infer Part> ? Part : never

/** The mock of the newest specification that this AI SDK has. */
const Mock = ((mocks as Record<string, unknown>)['MockLanguageModelV4'] ??
  mocks.MockLanguageModelV3) as typeof mocks.MockLanguageModelV3

/** The AI SDK that the tests run with. */
export const major: 6 | 7 = 'MockLanguageModelV4' in mocks ? 7 : 6

export function scriptedModel(...turns: readonly ScriptedTurn[]): ScriptedModel {
  const calls: CallOptions[] = []
  let ids = 0
  const next = (options: unknown) => {
    const turn = turns[calls.length] ?? 'Done.'
    calls.push(structuredClone(options) as CallOptions)
    return turn
  }
  const idOf = () => `call-${++ids}-${calls.length}`
  const model = new Mock({
    doGenerate: (options) => {
      const turn = next(withoutFunctions(options))
      const content = contentOf(turn, idOf)
      return Promise.resolve({ content, finishReason: reasonOf(turn), usage, warnings: [] })
    },
    doStream: (options) => {
      const turn = next(withoutFunctions(options))
      const stream = new ReadableStream<StreamPart>({
        start: (controller) => {
          controller.enqueue({ type: 'stream-start', warnings: [] })
          for (const part of contentOf(turn, idOf)) {
            if (part.type === 'tool-call') controller.enqueue(part)
            if (part.type !== 'text') continue
            controller.enqueue({ type: 'text-start', id: 't' })
            controller.enqueue({ type: 'text-delta', id: 't', delta: part.text })
            controller.enqueue({ type: 'text-end', id: 't' })
          }
          controller.enqueue({ type: 'finish', finishReason: reasonOf(turn), usage })
          controller.close()
        },
      })
      return Promise.resolve({ stream })
    },
  })
  return { model, calls, results: () => resultsIn(calls.at(-1)?.prompt) }
}

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

function reasonOf(turn: ScriptedTurn) {
  return {
    unified: typeof turn === 'string' ? ('stop' as const) : ('tool-calls' as const),
    raw: '',
  }
}

function contentOf(turn: ScriptedTurn, idOf: () => string) {
  if (typeof turn === 'string') return [{ type: 'text' as const, text: turn }]
  return turn.map(({ tool, input }) => ({
    type: 'tool-call' as const,
    toolCallId: idOf(),
    toolName: tool,
    input: JSON.stringify(input),
  }))
}

/** What a provider would put into its request. */
function withoutFunctions({ prompt, tools }: { prompt: unknown; tools?: unknown }): unknown {
  return { prompt, tools }
}

function resultsIn(prompt: CallOptions['prompt'] = []): SeenResult[] {
  const parts = prompt.flatMap(({ role, content }) =>
    role === 'tool' ? (content as { type: string; toolCallId: string; output: SeenOutput }[]) : [],
  )
  return parts
    .filter(({ type }) => type === 'tool-result')
    .map(({ toolCallId, output: { type, value, reason } }) => {
      const items = Array.isArray(value) ? (value as SeenItem[]) : []
      const text =
        typeof value === 'string' ? value : items.map((item) => item.text ?? '').join('\n')
      return {
        ...{ toolCallId, type, text: text || (reason ?? '') },
        pictures: items.flatMap(({ data }) =>
          data === undefined ? [] : [typeof data === 'string' ? data : data.data],
        ),
      }
    })
}

interface SeenOutput {
  type: string
  value?: unknown
  reason?: string
}

interface SeenItem {
  text?: string
  /** In AI SDK 7 within an object. */
  data?: string | { data: string }
}
