import type { Cookie } from './cookies.ts'

/** What is kept of a browser. */
export interface BrowserState {
  cookies: Cookie[]
  /** The folders of what sites have stored, as `StateArchive` packs and unpacks them. */
  archive: AsyncIterable<Buffer>
}

/** More is no state that a browser can have. */
const maximumCookieBytes = 64 * 1024 * 1024

/** Writes a state as one sequence of bytes: the length of the cookies, the cookies, the archive. */
export async function* writeState({ cookies, archive }: BrowserState): AsyncGenerator<Buffer> {
  const text = Buffer.from(JSON.stringify(cookies))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  yield Buffer.concat([length, text])
  yield* archive
}

/** The cookies at once, the archive as it comes. */
export async function readState(bytes: AsyncIterable<Buffer>): Promise<BrowserState> {
  const source = bytes[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  const take = async (length: number): Promise<void> => {
    while (head.length < length) {
      const { done, value } = await source.next()
      if (done === true) throw new Error('The state of a browser ends too early.')
      head = Buffer.concat([head, value])
    }
  }
  await take(4)
  const length = head.readUInt32BE()
  if (length > maximumCookieBytes) throw new Error('The state of a browser is malformed.')
  await take(4 + length)
  const cookies = JSON.parse(head.toString('utf8', 4, 4 + length)) as Cookie[]
  return { cookies, archive: rest(head.subarray(4 + length), source) }
}

async function* rest(first: Buffer, source: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first
    for (;;) {
      const { done, value } = await source.next()
      if (done === true) return
      yield value
    }
  } finally {
    await source.return?.()
  }
}
