import { ConnectError, ConnectTimeoutError } from './errors.ts'
import { describeRefusal } from './refusal.ts'

/**
 * Turns what Playwright threw while connecting into an error of this package.
 *
 * Playwright has no error classes for it, only text: a headline, the body of the answer, and a
 * call log. Only the headline is trusted to say what happened, because a body can contain
 * anything; nothing of the text is passed on, because the body, the log and (for an http
 * endpoint) the headline itself can contain the token.
 */
export function translateFailure(error: unknown, timeout: number): Error {
  const text = error instanceof Error ? error.message : String(error)
  const headline = text.split('\n', 1)[0] ?? ''

  if (/^[\w.]+: Timeout \d+ms exceeded/.test(headline)) {
    return new ConnectTimeoutError(timeout, text.includes('<ws connected>') ? 'page' : 'socket')
  }

  const status = refusedStatus(headline)
  if (status !== undefined) return new ConnectError(describeRefusal(status), { status })

  const code = /\b(E[A-Z_]{3,}|CERT_[A-Z_]+|DEPTH_ZERO_[A-Z_]+|SELF_SIGNED_[A-Z_]+)\b/.exec(
    headline,
  )?.[1]
  if (code) return new ConnectError(describeNetworkError(code), { code })
  if (headline.includes('socket hang up')) {
    const hangUp = 'The server closed the connection without an answer (ECONNRESET).'
    return new ConnectError(hangUp, { code: 'ECONNRESET' })
  }
  if (/has been closed|WebSocket was closed/.test(headline)) {
    return new ConnectError(
      'The connection was closed while it was being set up. The session may have ended.',
    )
  }
  if (headline.includes('only supported in Chromium')) {
    return new ConnectError(
      'The chromium option is another browser. Pass the chromium of Playwright.',
    )
  }
  return new ConnectError(
    'Playwright could not set up the connection: what answers at the cdpUrl does not speak ' +
      'the Chrome DevTools Protocol as expected. Run with DEBUG=pw:browser to see Playwright’s ' +
      'own account; it can contain the secret of the session.',
  )
}

/**
 * The status in `WebSocket error: <url> <status> <reason>` or `Unexpected status <status> when
 * connecting to <url>`, as Playwright writes them from 1.60 to 1.65.
 */
function refusedStatus(headline: string): number | undefined {
  const match =
    /WebSocket error: \S+:\/\/\S+ (\d{3})(?: |$)/.exec(headline) ??
    /Unexpected status (\d{3}) when connecting/.exec(headline) ??
    /Unexpected server response: (\d{3})\b/.exec(headline)
  return match?.[1] === undefined ? undefined : Number(match[1])
}

function describeNetworkError(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'Nothing listens at the address of the cdpUrl (ECONNREFUSED). Is the server running?'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host name of the cdpUrl cannot be resolved (${code}).`
    case 'ECONNRESET':
      return 'The server cut the connection (ECONNRESET).'
    case 'EPROTO':
      return (
        'The server does not speak TLS (EPROTO), though the cdpUrl begins with wss or https. ' +
        'Use the cdpUrl as the server gave it.'
      )
    default:
      return `The server of the session cannot be reached (${code}).`
  }
}
