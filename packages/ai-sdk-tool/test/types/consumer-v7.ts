import { type LanguageModel, streamText } from 'ai'
import { createTandemTools, toolApproval } from '../../src/index.ts'

// What only AI SDK 7 has.

export function useTools(model: LanguageModel): void {
  const tools = createTandemTools()
  const context = { sessionKey: 'x' }
  void streamText({
    model,
    tools,
    prompt: 'x',
    toolApproval: { ...toolApproval({ before: 'act' }), delegate: 'denied' },
    toolsContext: { openPage: context, act: context },
  })
  const wrong = { openPage: { sessionKey: 7 } }
  // @ts-expect-error a key is a text
  void streamText({ model, tools, prompt: 'x', toolsContext: wrong })
}
