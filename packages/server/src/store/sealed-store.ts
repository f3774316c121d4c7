import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { EncryptionKey } from './encryption-key.ts'
import { StoreError } from './store-error.ts'
import { encodeValue } from './store.ts'
import type { Store, StoreRecord, WriteOptions } from './store.ts'

const format = 1
const fingerprintLength = 4
const nonceLength = 12
const tagLength = 16
const headerLength = 1 + fingerprintLength + nonceLength

/**
 * A store whose values and blobs are unreadable without the encryption key;
 * keys, versions and expiry stay plain. It stands in front of another store
 * and does not own it.
 *
 * AES-256-GCM with a random nonce for each write, which is safe for 2^32
 * writes under one key (NIST SP 800-38D, section 8.3). The row's key is
 * associated data, so a value that somebody moved to another row is refused.
 */
export class SealedStore implements Store {
  readonly #store: Store
  readonly #encryptionKey: EncryptionKey

  constructor(store: Store, encryptionKey: EncryptionKey) {
    this.#store = store
    this.#encryptionKey = encryptionKey
  }

  async get(key: string): Promise<StoreRecord | undefined> {
    const record = await this.#store.get(key)
    return record && this.#openRecord(record)
  }

  async listByPrefix(prefix: string): Promise<StoreRecord[]> {
    const records = await this.#store.listByPrefix(prefix)
    return records.map((record) => this.#openRecord(record))
  }

  async createIfAbsent(
    key: string,
    value: unknown,
    options?: WriteOptions,
  ): Promise<StoreRecord | undefined> {
    const record = await this.#store.createIfAbsent(key, this.#sealValue(key, value), options)
    return record && this.#openRecord(record)
  }

  async compareAndSet(
    key: string,
    version: string,
    value: unknown,
    options?: WriteOptions,
  ): Promise<StoreRecord | undefined> {
    const sealed = this.#sealValue(key, value)
    const record = await this.#store.compareAndSet(key, version, sealed, options)
    return record && this.#openRecord(record)
  }

  async put(key: string, value: unknown, options?: WriteOptions): Promise<StoreRecord> {
    return this.#openRecord(await this.#store.put(key, this.#sealValue(key, value), options))
  }

  delete(key: string): Promise<boolean> {
    return this.#store.delete(key)
  }

  async getBlob(key: string): Promise<Uint8Array | undefined> {
    const sealed = await this.#store.getBlob(key)
    return sealed && this.#open('blob', key, sealed)
  }

  putBlob(key: string, bytes: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.#store.putBlob(key, this.#seal('blob', key, bytes), options)
  }

  deleteBlob(key: string): Promise<boolean> {
    return this.#store.deleteBlob(key)
  }

  #sealValue(key: string, value: unknown): string {
    return this.#seal('record', key, Buffer.from(encodeValue(value))).toString('base64')
  }

  #openRecord(record: StoreRecord): StoreRecord {
    if (typeof record.value !== 'string') throw unreadable(record.key, 'it was never sealed')
    const plain = this.#open('record', record.key, Buffer.from(record.value, 'base64'))
    return { ...record, value: JSON.parse(plain.toString()) }
  }

  #seal(kind: Kind, key: string, plain: Uint8Array): Buffer {
    const nonce = randomBytes(nonceLength)
    const header = Buffer.concat([Buffer.of(format), this.#encryptionKey.fingerprint, nonce])
    const cipher = createCipheriv('aes-256-gcm', this.#encryptionKey.bytes, nonce)
    cipher.setAAD(associatedData(kind, key, header))
    return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  }

  #open(kind: Kind, key: string, sealed: Uint8Array): Buffer {
    if (sealed.length < headerLength + tagLength) throw unreadable(key, 'it is too short')
    const header = sealed.subarray(0, headerLength)
    if (header[0] !== format) throw unreadable(key, `its format ${header[0]} is not known here`)
    const fingerprint = header.subarray(1, 1 + fingerprintLength)
    if (Buffer.compare(fingerprint, this.#encryptionKey.fingerprint) !== 0) {
      throw unreadable(key, 'it was sealed with another encryption key')
    }
    const nonce = header.subarray(1 + fingerprintLength)
    const decipher = createDecipheriv('aes-256-gcm', this.#encryptionKey.bytes, nonce, {
      authTagLength: tagLength,
    })
    decipher.setAAD(associatedData(kind, key, header))
    decipher.setAuthTag(sealed.subarray(-tagLength))
    try {
      return Buffer.concat([
        decipher.update(sealed.subarray(headerLength, -tagLength)),
        decipher.final(),
      ])
    } catch (cause) {
      throw unreadable(key, 'it was changed or belongs to another row', cause)
    }
  }
}

type Kind = 'record' | 'blob'

function associatedData(kind: Kind, key: string, header: Uint8Array): Buffer {
  return Buffer.concat([header, Buffer.from(`${kind}\0${key}`)])
}

/** A value was sealed otherwise than it is opened now. */
export class UnreadableValueError extends StoreError {}

function unreadable(key: string, reason: string, cause?: unknown): StoreError {
  return new UnreadableValueError(`The stored value of ${key} cannot be read: ${reason}.`, {
    cause,
  })
}
