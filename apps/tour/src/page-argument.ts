/** The page that was asked for on the command line, or what is wrong with it. */
export type PageArgument = { url: string | undefined; problem?: never } | { problem: string }

/** Reads the arguments of the tour: nothing, or the address of one page. */
export function readPageArgument(values: readonly string[]): PageArgument {
  const [text, ...more] = values
  if (text === undefined) return { url: undefined }
  if (more.length > 0) {
    return { problem: `Give one address at most, not ${values.length}.` }
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) return { url: url.href }
  const guess = `https://${text}`
  const hint =
    /^[\w-]+(\.[\w-]+)+(\/|$)/.test(text) && URL.canParse(guess) ? ` Did you mean ${guess}?` : ''
  return {
    problem: `“${text}” is not the address of a page: it must begin with http:// or https://.${hint}`,
  }
}
