/** What went wrong, in words. The server sends sentences; the browser does not. */
export function explainError({ name, message }: Error): string {
  if (name === 'TypeError' || /network|fetch/i.test(message)) {
    return 'The connection to the chat server was lost. Is it still running?'
  }
  return message || 'Something went wrong, and nothing says what.'
}
