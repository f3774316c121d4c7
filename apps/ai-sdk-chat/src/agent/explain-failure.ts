import { TandemError } from '@tandem-browser/core'
import { AISDKError, APICallError, InvalidToolInputError, RetryError } from 'ai'

/** A failure in words for the person at the page, with no secret in it. */
export function explainFailure(error: unknown): string {
  // Its messages hold neither keys nor capability URLs.
  if (TandemError.isInstance(error)) return error.message
  if (RetryError.isInstance(error)) return explainFailure(error.lastError)
  if (APICallError.isInstance(error)) return explainStatus(error.statusCode)
  if (InvalidToolInputError.isInstance(error)) {
    return `The model called ${error.toolName} with an input that is wrong.`
  }
  const name = error instanceof Error ? error.name : typeof error
  if (name === 'AbortError') return 'It was stopped.'
  if (name === 'AI_InvalidToolApprovalSignatureError') {
    return 'This server did not ask for that approval; it may have been started again since. Ask for it once more.'
  }
  // Messages of others may hold anything; the name at least can be looked up.
  return AISDKError.isInstance(error)
    ? `The model could not answer (${name.replace(/^AI_/, '')}).`
    : 'Something went wrong in the chat server; its log says what.'
}

function explainStatus(status: number | undefined): string {
  switch (status) {
    case undefined:
      return 'The model cannot be reached. Check the connection, or OPENAI_BASE_URL.'
    case 401:
    case 403:
      return 'The provider of the model does not take the key.'
    case 404:
      return 'The provider has no such model. Check AGENT_MODEL.'
    case 429:
      return 'The provider of the model wants no more requests at the moment, or its credits are used up.'
    default:
      return `The provider of the model answered with HTTP ${status}.`
  }
}
