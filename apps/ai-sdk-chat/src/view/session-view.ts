import type { ToolSession } from '@tandem-browser/ai-sdk-tool'
import { isToolUIPart } from 'ai'
import type { ChatMessage } from '../agent/chat-agent.ts'

/** What the page knows of the browser session, from what the tools told the application. */
export interface SessionView {
  id: string
  /** Empty when the server offers none, as is the next one. Whoever has it may use the browser. */
  liveViewUrl: string
  interactiveLiveViewUrl: string
  page?: { url: string; title: string }
  /** The last picture of it, as an address. */
  picture?: string
}

/** The session that was used last, if there was one. */
export function sessionIn(messages: readonly ChatMessage[]): SessionView | undefined {
  let view: SessionView | undefined
  for (const { parts } of messages) {
    for (const part of parts) {
      if (!isToolUIPart(part) || part.type === 'dynamic-tool') continue
      if (part.state !== 'output-available') continue
      const { session, page, screenshot } = part.output.artifact
      if (!session) continue
      // Another one has nothing of the one before.
      if (view?.id !== session.id) view = { id: session.id, ...viewUrls(session) }
      if (page) view.page = page
      if (screenshot) view.picture = `data:${screenshot.mimeType};base64,${screenshot.base64}`
    }
  }
  return view
}

function viewUrls({ liveViewUrl, interactiveLiveViewUrl }: Partial<ToolSession>) {
  return {
    liveViewUrl: webAddress(liveViewUrl),
    interactiveLiveViewUrl: webAddress(interactiveLiveViewUrl),
  }
}

/** Only what a frame may show. */
function webAddress(url = ''): string {
  return /^https?:\/\//.test(url) ? url : ''
}
