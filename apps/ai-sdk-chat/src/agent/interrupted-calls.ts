import { isToolUIPart } from 'ai'
import type { ChatMessage } from './chat-agent.ts'

const stopped =
  'This call was broken off before it ended, by the user or by a failure. What it has done until then is not known.'

/**
 * The messages with an end for each call that a stop has left without one; a model wants one. What was
 * approved in the last message still runs.
 */
export function endInterruptedCalls(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.map((message, index) => ({
    ...message,
    parts: message.parts.flatMap((part): ChatMessage['parts'] => {
      if (!isToolUIPart(part)) return [part]
      // Nobody knows what the call was going to be.
      if (part.state === 'input-streaming') return []
      const isPending =
        part.state === 'input-available' ||
        (part.state === 'approval-responded' && index < messages.length - 1)
      if (!isPending) return [part]
      const { approval: _, ...call } = part
      return [{ ...call, state: 'output-error', errorText: stopped }]
    }),
  }))
}
