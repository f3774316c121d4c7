import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { maximumOutputBytes } from './protocol.ts'

/** What was kept of one output stream of one execution. */
export interface CollectedOutput {
  text: string
  truncated: boolean
}

/**
 * Cuts a kernel's output stream into executions. The kernel writes a fence
 * after each one, so nothing of an execution's output is missed; what is
 * written between two executions belongs to the next.
 */
export class OutputStream {
  #current = new OutputBuffer()
  #finished: OutputBuffer | undefined
  #fence: Buffer = Buffer.alloc(0)
  #onFence: (() => void) | undefined
  #onText: ((text: string) => void) | undefined
  /** The end of the last chunk, where it is a beginning of the fence. */
  #held: Buffer = Buffer.alloc(0)
  #ended = false

  constructor(stream: Readable) {
    stream.on('data', (chunk: Buffer) => this.#write(chunk))
    stream.on('close', () => {
      this.#ended = true
      this.#onFence?.()
    })
  }

  /**
   * Begins an execution.
   *
   * @param onText Gets its output as it is written.
   * @returns Settles when the fence has passed, or when the stream has ended.
   */
  begin(fence: string, onText: ((text: string) => void) | undefined): Promise<void> {
    this.#fence = Buffer.from(fence, 'utf8')
    this.#onText = onText
    if (this.#current.text !== '') onText?.(this.#current.text)
    return new Promise((resolve) => {
      if (this.#ended) resolve()
      else this.#onFence = resolve
    })
  }

  /** Ends the execution, whether or not its fence has come, and gives its output. */
  take(): CollectedOutput {
    if (!this.#finished) this.#finish()
    const { text, truncated } = this.#finished as unknown as OutputBuffer
    this.#finished = undefined
    return { text, truncated }
  }

  #write(chunk: Buffer): void {
    if (this.#fence.length === 0) {
      this.#keep(chunk)
      return
    }
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const position = bytes.indexOf(this.#fence)
    if (position === -1) {
      const held = beginningAtEnd(bytes, this.#fence)
      this.#held = bytes.subarray(bytes.length - held)
      this.#keep(bytes.subarray(0, bytes.length - held))
      return
    }
    this.#held = Buffer.alloc(0)
    this.#keep(bytes.subarray(0, position))
    const rest = bytes.subarray(position + this.#fence.length)
    const onFence = this.#onFence
    this.#finish()
    this.#keep(rest)
    onFence?.()
  }

  #finish(): void {
    this.#keep(this.#held)
    this.#held = Buffer.alloc(0)
    this.#current.end()
    this.#finished = this.#current
    this.#current = new OutputBuffer()
    this.#fence = Buffer.alloc(0)
    this.#onFence = undefined
    this.#onText = undefined
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return
    const text = this.#current.append(bytes)
    if (text !== '') this.#onText?.(text)
  }
}

/** Text up to the limit; the rest is counted as cut and thrown away. */
class OutputBuffer {
  truncated = false
  readonly #decoder = new StringDecoder('utf8')
  readonly #parts: string[] = []
  #bytes = 0

  get text(): string {
    return this.#parts.join('')
  }

  /** Gives the part of the text that was kept. */
  append(bytes: Buffer): string {
    const room = maximumOutputBytes - this.#bytes
    if (bytes.length > room) this.truncated = true
    if (room <= 0) return ''
    const kept = bytes.subarray(0, room)
    this.#bytes += kept.length
    const text = this.#decoder.write(kept)
    this.#parts.push(text)
    return text
  }

  end(): void {
    // A character that the limit cut in two is left out, not replaced.
    if (!this.truncated) this.#parts.push(this.#decoder.end())
  }
}

/** Length of the longest end of `bytes` that is a beginning of `fence`. */
function beginningAtEnd(bytes: Buffer, fence: Buffer): number {
  const from = Math.max(0, bytes.length - fence.length + 1)
  for (let start = from; start < bytes.length; start += 1) {
    const tail = bytes.subarray(start)
    if (fence.subarray(0, tail.length).equals(tail)) return tail.length
  }
  return 0
}
