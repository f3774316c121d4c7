import type { ChatMessage } from '../agent/chat-agent.ts'
import { isToolPart, viewCall } from './call-view.ts'

/** What somebody who does not see the page has to know now. */
export function announcementOf(
  messages: readonly ChatMessage[],
  { isBusy, error }: { isBusy: boolean; error: Error | undefined },
): string {
  // The notice says it itself.
  if (error) return ''
  const last = messages.at(-1)
  if (!last) return ''
  if (last.role === 'user') return isBusy ? 'Sent. Waiting for the model.' : ''
  const part = last.parts.findLast(isToolPart)
  const call = part && viewCall(part, true)
  if (call?.state === 'waiting') return `${call.action}: waiting for your approval.`
  if (!isBusy) return call?.state === 'running' ? 'Stopped.' : 'The answer is complete.'
  return call ? `${call.action} ${call.subject}` : 'The model is answering.'
}
