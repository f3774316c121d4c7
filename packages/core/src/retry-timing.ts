const day = 86_400_000
/** The two forms of RFC 9110 §5.6.7 that end in GMT, the preferred and that of RFC 850. */
const gmt = /^[A-Z][a-z]+, (\d\d([ -])\w{3}\2(?:\d\d)?\d\d \d\d:\d\d:\d\d) GMT$/
/** The third form, that of asctime(); it means GMT without saying so. */
const asctime = /^[A-Z][a-z]{2} (\w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})$/

/** Strict, because `Date.parse` makes a date out of almost anything. NaN for anything else. */
function httpDate(text: string): number {
  const parts = gmt.exec(text) ?? asctime.exec(text)
  return parts ? Date.parse(`${parts[1]?.replaceAll('-', ' ')} GMT`) : Number.NaN
}

function sensible(milliseconds: number): number | undefined {
  return milliseconds <= day ? Math.max(0, milliseconds) : undefined
}

/**
 * Milliseconds that the server asks to wait, from `retry-after-ms`, from
 * `Retry-After` (seconds or an HTTP date), or from what the error says. Undefined when
 * it does not say, or says something absurd (not a time, more than a day).
 */
export function retryAfter(headers: Headers, body: unknown): number | undefined {
  const milliseconds = headers.get('retry-after-ms') ?? ''
  if (/^\d+(\.\d+)?$/.test(milliseconds)) return sensible(Number(milliseconds))
  const header = headers.get('retry-after')
  if (header !== null) {
    if (/^\d+$/.test(header)) return sensible(Number(header) * 1000)
    // Against the server's own clock if it shows it, as ours may be wrong.
    const now = httpDate(headers.get('date') ?? '')
    return sensible(httpDate(header) - (Number.isNaN(now) ? Date.now() : now))
  }
  const { retry_after_seconds: seconds, error } = (body ?? {}) as Record<string, unknown>
  if (typeof seconds === 'number') return sensible(seconds * 1000)
  const said = /retry after (\d+)s/.exec(String(error))
  return said ? sensible(Number(said[1]) * 1000) : undefined
}

/** Milliseconds before try `attempt + 2`. Never sooner than the server asked for. */
export function backoff(attempt: number, asked: number | undefined): number {
  if (asked !== undefined) return asked * (1 + Math.random() / 10)
  return Math.min(500 * 2 ** attempt, 8000) * (1 - Math.random() / 2)
}
