import type { Duplex } from 'node:stream'
import { serialize } from './message.ts'

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
  /** Called once, when the peer is gone or broke the framing. */
  onClose: (() => void) | undefined
  readonly #output: Duplex
  readonly #maximumIncoming: number
  readonly #maximumOutgoing: number
  readonly #encode: (message: Outgoing) => string | undefined
  #pending: Buffer[] = []
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
    input.on('data', (chunk: Buffer) => this.#read(chunk))
    for (const stream of new Set([input, output])) {
      stream.on('close', () => this.close())
      stream.on('end', () => this.close())
      stream.on('error', () => this.close())
    }
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
    if (text === undefined || Buffer.byteLength(text, 'utf8') > this.#maximumOutgoing) return false
    this.#output.write(`${text}\0`)
    return true
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#pending = []
    this.onClose?.()
  }

  #read(chunk: Buffer): void {
    // A peer that broke the framing may go on writing; nothing of it is kept.
    if (this.#closed) return
    let start = 0
    while (!this.#closed) {
      const end = chunk.indexOf(0, start)
      if (end === -1) break
      this.#pending.push(chunk.subarray(start, end))
      start = end + 1
      const bytes = this.#pending.length === 1 ? this.#pending[0] : Buffer.concat(this.#pending)
      this.#pending = []
      this.#pendingBytes = 0
      this.#dispatch((bytes as Buffer).toString('utf8'))
    }
    if (start < chunk.length && !this.#closed) {
      this.#pending.push(chunk.subarray(start))
      this.#pendingBytes += chunk.length - start
      if (this.#pendingBytes > this.#maximumIncoming) this.close()
    }
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
