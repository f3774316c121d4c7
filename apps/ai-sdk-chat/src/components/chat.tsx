'use client'

import { useState } from 'react'
import { newConversationId } from '../agent/conversation-id.ts'
import type { ChatSetting } from '../agent/setting.ts'
import { Conversation } from './conversation.tsx'

/** One conversation at a time; a tab that is opened or loaded again is another one. */
export function Chat({ setting }: { setting: ChatSetting }) {
  const [id, setId] = useState(newConversationId)
  const [isFirst, setIsFirst] = useState(true)
  const restart = (): void => {
    setIsFirst(false)
    setId(newConversationId())
  }
  return (
    <Conversation key={id} id={id} setting={setting} onRestart={restart} takesFocus={!isFirst} />
  )
}
