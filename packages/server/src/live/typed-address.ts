/**
 * The address that somebody means who types one: `example.com/a` is `https://example.com/a`, an address
 * of this network is `http`. Undefined for what is no address, or one where a page has no business.
 */
export function addressOf(typed: string): string | undefined {
  const text = typed.trim()
  if (text === 'about:blank') return text
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  const isLocal = /^(localhost|\[[0-9a-f:.]+\]|(\d{1,3}\.){3}\d{1,3})(:\d+)?(\/|\?|#|$)/i.test(text)
  const url = URL.parse(hasScheme ? text : `${isLocal ? 'http' : 'https'}://${text}`)
  if (!url || /\s/.test(text)) return undefined
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined
}
