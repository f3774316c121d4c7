import type { Duplex } from 'node:stream'
import { serialize } from './message.ts'
import { releaseMemory } from './release-memory.ts'

export interface PipeOptions<Outgoing> {
  /** Bytes of the largest message that is taken. A larger one means a broken or hostile peer. */
  incoming?: number
  /** Bytes of the largest message that the peer takes. Default: no limit. */
  outgoing?: number
  /** Writes a message for a peer that does not read JSON. */
  encode?: (message: Outgoing) => string
}

const defaultMaximumIncoming = 256 * 1024 * 1024

/**
 * JSON messages over a byte stream, each ended by a NUL byte: the framing of
 * Chromium's `--remote-debugging-pipe`. What arrives is JSON and no more is
 * known of it: the receiver checks it as far as it does not trust the peer.
 */
export class PipeTransport<Incoming extends object, Outgoing extends object = Incoming> {
  onMessage: ((message: Incoming) => void) | undefined
  /**
   * Called for every message before it is read. When it says that it has taken
   * the message, nobody reads it; the bytes are the taker's then.
   */
  onBytes: ((bytes: Buffer<ArrayBuffer>) => boolean) | undefined
  /** Called once, when the peer is gone or broke the framing. */
  onClose: (() => void) | undefined
  /** Called when the peer has read everything that was sent, after it had fallen behind. */
  onDrain: (() => void) | undefined
  readonly #output: Duplex
  readonly #maximumIncoming: number
  readonly #maximumOutgoing: number
  readonly #encode: (message: Outgoing) => string | undefined
  #pending: Buffer<ArrayBuffer>[] = []
  #pendingBytes = 0
  #closed = false

  /**
   * @param input Where messages come from.
   * @param output Where messages go; the same stream when it is a duplex pipe.
   */
  constructor(input: Duplex, output: Duplex, options: PipeOptions<Outgoing> = {}) {
    this.#output = output
    this.#maximumIncoming = options.incoming ?? defaultMaximumIncoming
    this.#maximumOutgoing = options.outgoing ?? Infinity
    this.#encode = options.encode ?? serialize
    input.on('data', (chunk: Buffer<ArrayBuffer>) => this.#read(chunk))
    for (const stream of new Set([input, output])) {
      stream.on('close', () => this.close())
      stream.on('end', () => this.close())
      stream.on('error', () => this.close())
    }
    output.on('drain', () => this.onDrain?.())
  }

  /** Bytes that were sent and that the peer has not read yet. */
  get bufferedBytes(): number {
    return this.#output.writableLength
  }

  /**
   * Sends a message, if the peer is still there.
   *
   * @returns False when the message cannot be written, or is too large; then none of it was sent.
   */
  send(message: Outgoing): boolean {
    if (this.#closed) return true
    const text = this.#encode(message)
    const length = text === undefined ? Infinity : Buffer.byteLength(text, 'utf8')
    if (text === undefined || length > this.#maximumOutgoing) return false
    // In one step: a text that is put together first would be there twice.
    const bytes = Buffer.allocUnsafe(length + 1)
    bytes.write(text, 'utf8')
    bytes[length] = 0
    this.#output.write(bytes)
    return true
  }

  /** Sends the text of a message that came over another transport. */
  sendText(text: Buffer): void {
    if (this.#closed) return
    this.#output.write(text)
    this.#output.write('\0')
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#pending = []
    this.onClose?.()
  }

  #read(chunk: Buffer<ArrayBuffer>): void {
    // A peer that broke the framing may go on writing; nothing of it is kept.
    if (this.#closed) return
    let start = 0
    while (!this.#closed) {
      const end = chunk.indexOf(0, start)
      if (end === -1) break
      this.#pending.push(chunk.subarray(start, end))
      start = end + 1
      const bytes = this.#join()
      if (this.onBytes?.(bytes) !== true) this.#dispatch(bytes.toString('utf8'))
    }
    if (start < chunk.length && !this.#closed) {
      this.#pending.push(chunk.subarray(start))
      this.#pendingBytes += chunk.length - start
      if (this.#pendingBytes > this.#maximumIncoming) this.close()
    }
  }

  /** The whole message that has come in parts. */
  #join(): Buffer<ArrayBuffer> {
    const parts = this.#pending
    this.#pending = []
    this.#pendingBytes = 0
    if (parts.length === 1) return parts[0] as Buffer<ArrayBuffer>
    const bytes = Buffer.concat(parts)
    for (const part of parts) releaseMemory(part)
    return bytes
  }

  #dispatch(text: string): void {
    let message: unknown
    try {
      message = JSON.parse(text)
    } catch {
      this.close()
      return
    }
    if (typeof message === 'object' && message !== null) this.onMessage?.(message as Incoming)
    else this.close()
  }
}
