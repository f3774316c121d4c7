/** A parsed address, or undefined. `URL.parse` is too new for some runtimes. */
export function parseAddress(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
