import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai'
import { useState } from 'react'
import type { ChatMessage } from '../agent/chat-agent.ts'
import type { ChatSetting } from '../agent/setting.ts'
import { announcementOf } from '../view/announcement.ts'
import { sessionIn } from '../view/session-view.ts'
import { BrowserPane } from './browser-pane.tsx'
import { Composer } from './composer.tsx'
import { FailureNotice } from './failure-notice.tsx'
import { Header, type View } from './header.tsx'
import { Transcript } from './transcript.tsx'
import { endConversation, useEndWithPage } from './use-end-with-page.ts'

interface ConversationProps {
  id: string
  setting: ChatSetting
  onRestart: () => void
  takesFocus: boolean
}

export function Conversation({ id, setting, onRestart, takesFocus }: ConversationProps) {
  const [view, setView] = useState<View>('chat')
  const { messages, status, error, sendMessage, stop, addToolApprovalResponse } =
    useChat<ChatMessage>({
      id,
      transport: new DefaultChatTransport({ api: '/api/chat' }),
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
      // Often enough for the eye, and rare enough for the processor.
      throttle: 50,
    })
  const isBusy = status === 'submitted' || status === 'streaming'
  const hasBegun = messages.length > 0
  useEndWithPage(id, hasBegun)

  const restart = async (): Promise<void> => {
    await stop()
    if (hasBegun) void endConversation(id)
    onRestart()
  }
  return (
    <div className="chat" data-view={view}>
      <Header
        setting={setting}
        view={view}
        onView={setView}
        onRestart={() => void restart()}
        canRestart={hasBegun}
      />
      <main className="conversation">
        <Transcript
          messages={messages}
          isBusy={isBusy}
          isWaitingForModel={status === 'submitted'}
          setting={setting}
          onTask={(text) => void sendMessage({ text })}
          onApproval={(approvalId, approved) =>
            void addToolApprovalResponse({
              id: approvalId,
              approved,
              ...(!approved && { reason: 'The user does not want this code to run.' }),
            })
          }
        />
        {error && <FailureNotice error={error} onRetry={() => void sendMessage()} />}
        <Composer
          isBusy={isBusy}
          problem={setting.problem}
          takesFocus={takesFocus}
          onSend={(text) => void sendMessage({ text })}
          onStop={() => void stop()}
        />
        <output className="visually-hidden">{announcementOf(messages, { isBusy, error })}</output>
      </main>
      <BrowserPane session={sessionIn(messages)} isBusy={isBusy} />
    </div>
  )
}
