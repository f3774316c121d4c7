const removed = '[redacted]'
const urls = /\b(wss?|https?):\/\/[^\s"'`<>\\]+/gi
/** Where a URL is itself the secret: CDP endpoints, live views, anything with credentials in it. */
const capability = /\/cdp\/|live-?view|\/live\/|#(view|control)|:\/\/[^/?#]*@/i
const keys = /\b((?:fc|td)-)[\w-]{6,}/g
const bearer = /\b(Bearer\s+)[\w.~+/=-]{8,}/gi
const parameters = /((?:token|api[-_]?key|secret)(?:=|%3d))[^\s&#"'`<>\\]+/gi
/** The same in JSON that could not be parsed. */
const members = /((?:cdp|view)_?url\\?["']?\s*[:=]\s*\\?["']?)[^\s"'`<>,]+/gi
/** Fields of an answer whose value is never shown, whatever it looks like. */
const fields = /(cdp|view|control|playlist|iframe)_?url$|token|api_?key|secret|authorization/i

/**
 * The text without API keys (`fc-…`, `td-…`, bearer tokens) and capability
 * URLs (CDP endpoints, live views, anything with `token=`), fit for a log or a
 * model's context. `secrets` are further strings to remove as they are.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  const clean = secrets
    .reduce((rest, secret) => rest.replaceAll(secret, removed), text)
    .replace(urls, (url) =>
      capability.test(url)
        ? url.replace(/^(\w+:\/\/)(?:[^/?#]*@)?([^/?#]*).*/, `$1$2/${removed}`)
        : url,
    )
  return [members, parameters, bearer, keys].reduce(
    (rest, pattern) => rest.replace(pattern, `$1${removed}`),
    clean,
  )
}

/** For `JSON.parse`: redacts every string of an answer on the way in. */
export function redactField(secrets: readonly string[]) {
  return (name: string, value: unknown): unknown =>
    typeof value !== 'string'
      ? value
      : fields.test(name) && value
        ? removed
        : redact(value, secrets)
}

/**
 * A copy of a foreign error that is safe to print. A custom fetch may put the
 * request, headers and all, into what it throws; only these texts are kept.
 */
export function redactCause(cause: unknown, secrets: readonly string[], depth = 0): Error {
  const { message = cause, code, cause: inner, errors } = Object(cause) as Record<string, unknown>
  const next = inner ?? (errors as unknown[] | undefined)?.[0]
  const copy = new Error(
    redact(String(message), secrets),
    next && depth < 3 ? { cause: redactCause(next, secrets, depth + 1) } : {},
  )
  return typeof code === 'string' ? Object.assign(copy, { code: redact(code, secrets) }) : copy
}
