import { createTandemTools, type TandemToolSet, toolApproval } from '@tandem-browser/ai-sdk-tool'
import { type InferUITools, isStepCount, ToolLoopAgent, type UIMessage } from 'ai'
import type { Conversations } from './conversations.ts'
import { reportFailure } from './report-failure.ts'
import { modelIn } from './setting.ts'

const toolNames = ['openPage', 'readPage', 'act', 'screenshot', 'executeCode'] as const

/** The tools by the names that messages have. */
export type ChatTools = InferUITools<TandemToolSet<(typeof toolNames)[number]>>

/** A message as the page and the server exchange it. */
export type ChatMessage = UIMessage<never, never, ChatTools>

/** A model that does not find its way is stopped then. */
const mostSteps = 100

const instructions = [
  'You do tasks for the user in a browser of your own, with the tools that you have.',
  'Look at a page before you act on it, and check what came of it. When something fails, read why and try another way, but not the same again.',
  'Before each call say in a few words what you are about to do. At the end say what came of it, briefly, in Markdown.',
  'Code runs only when the user approves it. When the user refuses, do without it.',
].join('\n')

/** The agent of one conversation. Its tools use the session of that conversation alone. */
export function createChatAgent({ pool, approvalSecret }: Conversations, id: string) {
  const { model, seesPictures } = modelIn(process.env)
  return new ToolLoopAgent({
    model,
    instructions,
    tools: createTandemTools({
      pool,
      sessionKey: id,
      tools: toolNames,
      // For the page; no model reads it.
      expose: ['session', 'execution', 'screenshot'],
      screenshots: seesPictures ? 'content' : 'artifact',
    }),
    toolApproval: toolApproval(),
    experimental_toolApprovalSecret: approvalSecret,
    stopWhen: isStepCount(mostSteps),
    // Without it the whole error would be printed, and what the provider said of the key with it.
    onError: ({ error }) => reportFailure(error),
  })
}
