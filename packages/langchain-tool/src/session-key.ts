import type { ToolRunnableConfig } from '@langchain/core/tools'

/** How LangGraph names the task of one step: the node and an id that is new each time. */
const task = /^[^:|]+:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The default key of a session: the `thread_id` of the conversation, and of its `checkpoint_ns` what
 * names the agent. So the steps and turns of a conversation share a session, and an agent within
 * another has its own. Without a `thread_id` there is one session for all calls.
 */
export function sessionKey({ configurable }: ToolRunnableConfig): string {
  const thread: unknown = configurable?.['thread_id']
  const namespace: unknown = configurable?.['checkpoint_ns']
  const parts = typeof namespace === 'string' ? namespace.split('|') : []
  // The last one is the step that calls the tool, and no agent.
  if (task.test(parts.at(-1) ?? '')) parts.pop()
  return JSON.stringify([thread ?? null, ...parts.filter((part) => part !== '')])
}
