import { createHash, randomBytes } from 'node:crypto'

/** An API key as the server holds it: enough to recognise the key, not to make it. */
export interface HashedKey {
  /**
   * Names the key and the team that it stands for. It follows from the key,
   * so the same key is the same team whether it comes from the store or from
   * the environment.
   */
  readonly id: string
  /** SHA-256 of the key, hexadecimal. */
  readonly hash: string
}

/** The shortest key that an operator may choose; generated keys have 46 characters. */
export const minimumKeyLength = 16
const maximumKeyLength = 256

/** 256 random bits, as `td-` and 43 characters that need no quoting anywhere. */
export function generateKey(): string {
  return `td-${randomBytes(32).toString('base64url')}`
}

/**
 * A plain SHA-256, because the keys are random: with 256 bits there is nothing
 * to guess, and a slow hash, which protects guessable passwords, would only
 * cost time at every request.
 */
export function hashKey(key: string): HashedKey {
  const hash = sha256(key)
  return { hash, id: `key_${sha256(`tandem key id ${hash}`).slice(0, 16)}` }
}

/** Says what is wrong with a key that an operator chose, never repeating it. */
export function problemOfKey(key: string): string | undefined {
  if (key.length < minimumKeyLength) {
    return `has ${key.length} characters; a key needs at least ${minimumKeyLength}`
  }
  if (key.length > maximumKeyLength) {
    return `has ${key.length} characters; a key has at most ${maximumKeyLength}`
  }
  // What an HTTP header carries unharmed: visible ASCII (RFC 9110, section 5.5).
  if (!/^[\x21-\x7e]+$/.test(key)) {
    return 'has a space or a character outside of ASCII, which a header cannot carry'
  }
  return undefined
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
