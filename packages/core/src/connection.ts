import { ValidationError } from './errors.ts'
import type { TandemOptions } from './options.ts'

/** Where requests go, and what they carry. */
export interface Connection {
  /** Without a slash at the end. */
  baseUrl: string
  headers: Headers
  /** What must never be printed. */
  secrets: string[]
}

/** Empty when there is no such variable, no environment, or no permission to read it (Deno). */
function variable(name: string): string {
  try {
    const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
    return process?.env?.[name]?.trim() ?? ''
  } catch {
    return ''
  }
}

/**
 * The options, completed from the environment. The variables are read as
 * pairs: a key belongs to the address it was issued for, so a Firecrawl key
 * never goes to an address that a `TANDEM_` variable names.
 */
export function resolveConnection(options: TandemOptions): Connection {
  const pairs = ['TANDEM_BASE_URL TANDEM_API_KEY', 'FIRECRAWL_API_URL FIRECRAWL_API_KEY'].map(
    (pair) => pair.split(' ').map(variable),
  )
  const [address, key] = pairs.find((pair) => pair.some(Boolean)) ?? []
  const apiKey = options.apiKey?.trim() ?? key

  let url: URL | undefined
  try {
    url = new URL(options.baseUrl ?? (address || 'http://127.0.0.1:3210'))
  } catch {
    // Said below; the engine's own message repeats what was given.
  }
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new ValidationError(
      'baseUrl must be like https://host or http://127.0.0.1:3210, without a user name.',
    )
  }

  const headers = new Headers()
  const extra = options.headers ?? {}
  try {
    if (apiKey) headers.set('authorization', `Bearer ${apiKey}`)
    for (const [name, value] of Object.entries(extra)) headers.set(name, value)
  } catch {
    // The engine's own message repeats the value.
    throw new ValidationError('The API key or a header holds characters that HTTP does not allow.')
  }
  return {
    baseUrl: url.origin + url.pathname.replace(/\/+$/, ''),
    headers,
    secrets: [apiKey ?? '', ...Object.values(extra)].filter((text) => text.length > 5),
  }
}
