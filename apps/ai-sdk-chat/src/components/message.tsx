import type { ChatMessage } from '../agent/chat-agent.ts'
import { isToolPart, type ToolPart, viewCall } from '../view/call-view.ts'
import { ModelText } from './model-text.tsx'
import { Step } from './step.tsx'

export type OnApproval = (approvalId: string, approved: boolean) => void

export function UserMessage({ message }: { message: ChatMessage }) {
  const text = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
  return (
    <article className="message user" aria-label="You">
      <p>{text}</p>
    </article>
  )
}

interface AssistantMessageProps {
  message: ChatMessage
  isLast: boolean
  /** Whether more of it is to come. */
  isBusy: boolean
  onApproval: OnApproval
}

export function AssistantMessage({ message, isLast, isBusy, onApproval }: AssistantMessageProps) {
  return (
    <article className="message assistant" aria-label="Model" aria-busy={isBusy}>
      {message.parts.map((part, index) => {
        // Parts are only ever added: the place of one is its name.
        const key = `${message.id}-${index}`
        if (part.type === 'text') return part.text && <ModelText key={key} text={part.text} />
        if (!isToolPart(part)) return null
        const view = viewCall(part, isBusy || (isLast && asks(part)))
        return <Step key={key} call={view} onApproval={onApproval} />
      })}
    </article>
  )
}

/** Whether the next word is the user's, or was given this moment. */
function asks({ state }: ToolPart): boolean {
  return state === 'approval-requested' || state === 'approval-responded'
}
