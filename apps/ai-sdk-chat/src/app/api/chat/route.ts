import { createAgentUIStreamResponse, TypeValidationError, validateUIMessages } from 'ai'
import { type ChatMessage, createChatAgent } from '../../../agent/chat-agent.ts'
import { isConversationId } from '../../../agent/conversation-id.ts'
import { conversations } from '../../../agent/conversations.ts'
import { explainFailure } from '../../../agent/explain-failure.ts'
import { endInterruptedCalls } from '../../../agent/interrupted-calls.ts'
import { reportFailure } from '../../../agent/report-failure.ts'
import { plain, refuseForeign } from '../../../agent/refuse-foreign.ts'
import { readSetting } from '../../../agent/setting.ts'

/** Bytes of a request: a long conversation with its pictures. */
const largestBody = 30_000_000

/** Answers the last message of a conversation. Whoever stops reading stops what runs. */
export async function POST(request: Request): Promise<Response> {
  const refusal = refuseForeign(request) ?? refuseBody(request)
  if (refusal) return refusal
  const { problem } = readSetting(process.env)
  if (problem !== undefined) return plain(503, problem)
  const { id, messages } = await readBody(request)
  if (!isConversationId(id)) return plain(400, 'id has to be 32 hexadecimal digits.')

  const all = conversations()
  const answer = all.begin(id, request.signal)
  try {
    const agent = createChatAgent(all, id)
    const valid = await validateUIMessages<ChatMessage>({
      messages,
      tools: agent.tools,
    })
    return await createAgentUIStreamResponse({
      agent,
      uiMessages: endInterruptedCalls(valid),
      abortSignal: answer.signal,
      onEnd: answer.end,
      onError: explainFailure,
    })
  } catch (error) {
    answer.end()
    if (TypeValidationError.isInstance(error)) {
      return plain(400, 'messages has to be the messages of a conversation of this page.')
    }
    reportFailure(error)
    return plain(500, explainFailure(error))
  }
}

function refuseBody({ headers }: Request): Response | undefined {
  if (!/^application\/json\b/.test(headers.get('content-type') ?? '')) {
    return plain(415, 'The body has to be JSON.')
  }
  if (Number(headers.get('content-length') ?? 0) > largestBody) {
    return plain(413, 'The conversation is too long. Begin a new one.')
  }
  return undefined
}

/** Nothing in it is known to be right yet. */
async function readBody(request: Request): Promise<{ id?: unknown; messages?: unknown }> {
  const body: unknown = await request.json().catch(() => undefined)
  return Object(body) as { id?: unknown; messages?: unknown }
}
