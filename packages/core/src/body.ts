import type { Deadline } from './deadline.ts'
import { BrowserServiceError } from './errors.ts'

/** A body's chunks, within the deadline. Leaving early closes the connection. */
export async function* readChunks(
  { body }: Response,
  deadline: Deadline,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const { done, value } = await deadline.wait(reader.read())
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

/** A body's text as it comes, characters whole. More than `limit` bytes end it: with an error, or silently if `cut`. */
export async function* readText(
  response: Response,
  deadline: Deadline,
  limit: number,
  cut = false,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  let size = 0
  for await (const chunk of readChunks(response, deadline)) {
    size += chunk.byteLength
    if (size > limit && !cut)
      throw new BrowserServiceError(`The answer is larger than ${limit} bytes.`)
    yield decoder.decode(chunk, { stream: true })
    if (size > limit) return
  }
  yield decoder.decode()
}
