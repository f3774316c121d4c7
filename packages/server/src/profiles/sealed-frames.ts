import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { EncryptionKey } from '../store/encryption-key.ts'

/** Content cannot be read: it was cut, changed, moved, or sealed with another key. */
export class SealError extends Error {
  override name = 'SealError'
}

const magic = Buffer.from('TNDP\x01', 'latin1')
const fingerprintLength = 4
const saltLength = 32
const headerLength = magic.length + fingerprintLength + saltLength
const lengthLength = 4
const tagLength = 16

/** Bytes of the longest frame, without its tag. */
const maximumFrame = 64 * 1024

/**
 * Seals a label and what comes after it, a frame at a time, so that nothing has
 * to be in memory as a whole.
 *
 * AES-256-GCM under a key of this content alone (HKDF over a random salt), with
 * the number of the frame as nonce and a mark on the last one: frames cannot be
 * left out, repeated, put in another order or cut off. The owner is part of the
 * key, so that content which was moved to another owner does not open.
 */
export async function* seal(
  encryptionKey: EncryptionKey,
  owner: string,
  label: Buffer,
  content: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const salt = randomBytes(saltLength)
  yield Buffer.concat([magic, encryptionKey.fingerprint, salt])
  const sealer = new FrameCipher(contentKey(encryptionKey, owner, salt))
  yield sealer.seal(label, false)
  for await (const chunk of content) {
    for (let start = 0; start < chunk.length; start += maximumFrame) {
      yield sealer.seal(chunk.subarray(start, start + maximumFrame), false)
    }
  }
  yield sealer.seal(Buffer.alloc(0), true)
}

/**
 * Opens what `seal` has made: first the label, then the rest as it comes. Only
 * when it ends without an error was all of it there.
 *
 * @throws SealError
 */
export async function* open(
  encryptionKey: EncryptionKey,
  owner: string,
  sealed: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(sealed)
  try {
    const header = await reader.take(headerLength)
    if (!header.subarray(0, magic.length).equals(magic)) {
      throw new SealError('it has another format')
    }
    const fingerprint = header.subarray(magic.length, magic.length + fingerprintLength)
    if (!fingerprint.equals(encryptionKey.fingerprint)) {
      throw new SealError('it was sealed with another encryption key')
    }
    const salt = header.subarray(-saltLength)
    const opener = new FrameCipher(contentKey(encryptionKey, owner, salt))
    for (;;) {
      const length = (await reader.take(lengthLength)).readUInt32BE()
      if ((length & lengthMask) > maximumFrame) throw new SealError('it was changed')
      const isLast = (length & lastMark) !== 0
      const plain = opener.open(await reader.take((length & lengthMask) + tagLength), isLast)
      if (!isLast) yield plain
      else if (await reader.ended()) return
      else throw new SealError('it was changed')
    }
  } finally {
    await reader.close()
  }
}

/** In the length of the last frame. */
const lastMark = 0x4000_0000
const lengthMask = lastMark - 1

function contentKey(encryptionKey: EncryptionKey, owner: string, salt: Buffer): Uint8Array {
  const purpose = `tandem profile\0${owner}`
  return new Uint8Array(hkdfSync('sha256', encryptionKey.bytes, salt, purpose, 32))
}

/** Seals or opens the frames of one content, in their order. */
class FrameCipher {
  readonly #key: Uint8Array
  #frames = 0

  constructor(key: Uint8Array) {
    this.#key = key
  }

  seal(plain: Buffer, isLast: boolean): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key, this.#nextNonce(isLast))
    const length = Buffer.alloc(lengthLength)
    length.writeUInt32BE(plain.length + (isLast ? lastMark : 0))
    return Buffer.concat([length, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  }

  open(sealed: Buffer, isLast: boolean): Buffer {
    const nonce = this.#nextNonce(isLast)
    const options = { authTagLength: tagLength }
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, options)
    decipher.setAuthTag(sealed.subarray(-tagLength))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, -tagLength)), decipher.final()])
    } catch {
      throw new SealError('it was changed, or is not what its name says')
    }
  }

  #nextNonce(isLast: boolean): Buffer {
    const nonce = Buffer.alloc(12)
    nonce.writeUInt32BE(this.#frames, 7)
    nonce[11] = isLast ? 1 : 0
    this.#frames += 1
    return nonce
  }
}

/** Gives bytes in the portions that are asked for, however they come. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>
  #rest = Buffer.alloc(0)

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async take(length: number): Promise<Buffer> {
    while (this.#rest.length < length) {
      if (!(await this.#more())) throw new SealError('its end is missing')
    }
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }

  async ended(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#more())
  }

  /** Nothing more is taken, whether it has ended or not. */
  async close(): Promise<void> {
    await this.#source.return?.()
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next()
    if (done === true) return false
    this.#rest = this.#rest.length === 0 ? Buffer.from(value) : Buffer.concat([this.#rest, value])
    return true
  }
}
