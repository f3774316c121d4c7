import { ValidationError } from '@tandem-browser/core'

/** What a tool is told of a call: the options that the AI SDK gives to `execute`, of either major. */
export interface ToolCallOptions {
  toolCallId?: string | undefined
  /** The conversation up to the call. */
  messages?: readonly unknown[] | undefined
  /** Ends the call, and what it runs on the server. */
  abortSignal?: AbortSignal | undefined
  /** AI SDK 7: what `toolsContext` has for the tool. */
  context?: unknown
  /** AI SDK 6: what the application gave to the call of the model. */
  experimental_context?: unknown
}

/** A context that says whose session a tool uses. */
export interface SessionContext {
  sessionKey: string
}

/**
 * The default key of a session: `sessionKey` of the context, which is `experimental_context` in AI
 * SDK 6 and the tool's entry in `toolsContext` in AI SDK 7.
 *
 * @throws a `ValidationError` when there is none: a guess could be another user's session
 */
export function sessionKey({ context, experimental_context }: ToolCallOptions): string {
  for (const each of [context, experimental_context]) {
    const key = (Object(each ?? {}) as { sessionKey?: unknown }).sessionKey
    if (typeof key === 'string' && key !== '') return key
  }
  throw new ValidationError(
    "It is not known whose session to use. Give createTandemTools a sessionKey: the conversation's id, or a function that tells it from the options of a call.",
  )
}

/** The key of a call, as the application wants it made. */
export function keyOf(
  choice: string | ((call: ToolCallOptions) => string) | undefined,
  call: ToolCallOptions,
): string {
  const key = typeof choice === 'string' ? choice : (choice ?? sessionKey)(call)
  // Whatever else it is would be the same for every conversation.
  if (typeof key === 'string' && key !== '') return key
  throw new ValidationError('sessionKey has to give a text that is not empty.')
}
