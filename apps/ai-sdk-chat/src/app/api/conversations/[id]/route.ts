import { isConversationId } from '../../../../agent/conversation-id.ts'
import { conversations } from '../../../../agent/conversations.ts'
import { explainFailure } from '../../../../agent/explain-failure.ts'
import { plain, refuseForeign } from '../../../../agent/refuse-foreign.ts'

/** Ends a conversation and its browser session. May be repeated. */
export async function DELETE(
  request: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  const refusal = refuseForeign(request)
  if (refusal) return refusal
  const { id } = await params
  if (!isConversationId(id)) return plain(404, 'There is no such conversation.')
  try {
    await conversations().end(id)
    return new Response(null, { status: 204 })
  } catch (error) {
    return plain(502, `The browser session was not ended: ${explainFailure(error)}`)
  }
}
