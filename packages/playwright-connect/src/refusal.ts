/** One sentence for each status with which a server refuses a CDP connection. */
export function describeRefusal(status: number): string {
  const sentence = SENTENCES.get(status)
  if (sentence) return `The server refused the connection (${status}): ${sentence}`
  if (status >= 500) {
    return `The server failed to open the connection (${status}). Try again later.`
  }
  if (status >= 400) return `The server refused the connection (${status}).`
  return (
    `The server answered with HTTP status ${status} instead of opening a WebSocket. ` +
    'The address is not the cdpUrl of a session; use the one that the server gave.'
  )
}

const SENTENCES = new Map<number, string>([
  [400, 'it does not understand the request. Use the cdpUrl as the server gave it.'],
  [
    401,
    'the token of the cdpUrl is missing, wrong or no longer valid. ' +
      'Ask the server for the session again and use the cdpUrl that it returns.',
  ],
  [403, 'this cdpUrl may not be used from here.'],
  [404, 'it knows no such session. The session id is wrong, or the server has been reset.'],
  [410, 'the session has ended. Create a new one.'],
  [
    429,
    'too many connections or requests. Disconnect what is no longer needed, wait, and try again.',
  ],
  [502, 'it cannot reach the browser of the session. Try again, or create a new session.'],
  [503, 'it cannot serve the session at the moment. Try again later.'],
  [504, 'the browser of the session did not answer it in time. Try again later.'],
])
