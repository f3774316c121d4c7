/** A part of a text. `from` and `to` count UTF-16 units, as JavaScript does. */
export interface TextWindow {
  text: string
  from: number
  to: number
  total: number
}

/** What readers take for one character, which may be several code points: flags, families, accents. */
const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * At most `maximum` units of a text from `offset` on. It ends with a line if one ends in its second
 * half, else with a word, and never inside a character.
 */
export function windowOf(text: string, offset: number, maximum: number): TextWindow {
  const total = text.length
  const from = wholeFrom(text, Math.min(offset, total))
  const limit = from + Math.max(maximum, 1)
  if (limit >= total) return { text: text.slice(from), from, to: total, total }
  const half = from + Math.ceil(maximum / 2)
  const line = text.lastIndexOf('\n', limit - 1) + 1
  const word = text.lastIndexOf(' ', limit - 1) + 1
  const to = line > half ? line : wholeTo(text, from, word > half ? word : limit)
  return { text: text.slice(from, to), from, to, total }
}

/** The start of the code point that a position lies in. */
function wholeFrom(text: string, position: number): number {
  return splitsPair(text, position) ? position - 1 : position
}

/** The last end of a character up to `limit`; at least one code point after `from`. */
function wholeTo(text: string, from: number, limit: number): number {
  const start = characters.segment(text).containing(limit)?.index ?? limit
  if (start > from) return start
  // One character that is longer than the whole window: what cannot be kept whole is kept valid.
  return splitsPair(text, limit) ? limit + 1 : limit
}

function splitsPair(text: string, position: number): boolean {
  const next = text.codePointAt(position - 1) ?? 0
  return position > 0 && next > 0xffff
}
