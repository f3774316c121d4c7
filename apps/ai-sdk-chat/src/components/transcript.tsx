import type { ChatMessage } from '../agent/chat-agent.ts'
import type { ChatSetting } from '../agent/setting.ts'
import { EmptyState } from './empty-state.tsx'
import { Icon } from './icon.tsx'
import { AssistantMessage, type OnApproval, UserMessage } from './message.tsx'
import { useStickToEnd } from './use-stick-to-end.ts'

interface TranscriptProps {
  messages: readonly ChatMessage[]
  isBusy: boolean
  isWaitingForModel: boolean
  setting: ChatSetting
  onTask: (text: string) => void
  onApproval: OnApproval
}

export function Transcript(props: TranscriptProps) {
  const { messages, isBusy, isWaitingForModel, setting, onTask, onApproval } = props
  const { scroller, isAtEnd, goToEnd } = useStickToEnd()
  return (
    <div className="transcript-frame">
      <section
        className="transcript"
        ref={scroller}
        aria-label="Conversation"
        // Something to scroll with the keyboard, and a place for the focus of a button that went away.
        tabIndex={0}
      >
        {messages.length === 0 && <EmptyState setting={setting} onTask={onTask} />}
        {messages.map((message, index) => {
          const isLast = index === messages.length - 1
          return message.role === 'user' ? (
            <UserMessage key={message.id} message={message} />
          ) : (
            <AssistantMessage
              key={message.id}
              message={message}
              isLast={isLast}
              isBusy={isBusy && isLast}
              onApproval={(id, approved) => {
                scroller.current?.focus({ preventScroll: true })
                onApproval(id, approved)
              }}
            />
          )
        })}
        {isWaitingForModel && messages.at(-1)?.role === 'user' && <Thinking />}
      </section>
      {!isAtEnd && (
        <button type="button" className="to-end" onClick={goToEnd}>
          <Icon name="down" /> Latest
        </button>
      )}
    </div>
  )
}

function Thinking() {
  return (
    <p className="thinking">
      <span className="dot" />
      <span className="dot" />
      <span className="dot" />
      <span className="visually-hidden">The model is thinking.</span>
    </p>
  )
}
