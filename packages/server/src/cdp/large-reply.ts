/** Bytes from which on an answer is passed on without being read. */
export const largeReplyBytes = 64 * 1024

const head = /^\{"id":(\d+),"(?:result|error)":/
const tail = /,"sessionId":"([^"\\]+)"\}$/

/** `{"id":` */
const idOffset = 6

/** More than the head and the tail ever have. */
const endLength = 128

/**
 * A large answer of Chromium as it came: a screenshot, say. Only its ends are
 * read and changed, so that it costs the server neither time nor a second and
 * third copy of it.
 */
export class LargeReply {
  readonly id: number
  readonly sessionId: string
  readonly #bytes: Buffer
  readonly #idLength: number
  readonly #tailLength: number

  private constructor(bytes: Buffer, start: RegExpExecArray, end: RegExpExecArray) {
    this.#bytes = bytes
    this.id = Number(start[1])
    this.#idLength = (start[1] as string).length
    this.sessionId = end[1] as string
    this.#tailLength = end[0].length
  }

  /** Undefined for what is no answer, or one that does not look as Chromium's do. */
  static read(bytes: Buffer): LargeReply | undefined {
    const start = head.exec(bytes.toString('latin1', 0, endLength))
    const end = start && tail.exec(bytes.toString('latin1', bytes.length - endLength))
    return end ? new LargeReply(bytes, start, end) : undefined
  }

  /**
   * The answer with another id. To be called once: it changes the bytes in place.
   *
   * @param keepSession Whether it goes on saying which session it is from.
   */
  rewrite(id: number, keepSession: boolean): Buffer {
    const withoutTail = this.#bytes.length - this.#tailLength
    if (!keepSession) this.#bytes.write('}', withoutTail)
    const bytes = this.#bytes.subarray(0, keepSession ? undefined : withoutTail + 1)
    const digits = String(id)
    // Blanks may stand before a number.
    if (digits.length <= this.#idLength) {
      bytes.write(digits.padStart(this.#idLength), idOffset)
      return bytes
    }
    const rest = bytes.subarray(idOffset + this.#idLength)
    return Buffer.concat([Buffer.from(`{"id":${digits}`), rest])
  }
}
