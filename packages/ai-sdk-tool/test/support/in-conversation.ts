import { tools } from '@tandem-browser/core/tools'

/** Options of a call of a model that say whose session the tools use, in the way of either AI SDK. */
export function inConversation(sessionKey: string): object {
  const context = { sessionKey }
  return {
    experimental_context: context,
    toolsContext: Object.fromEntries(Object.keys(tools).map((name) => [name, context])),
  }
}
