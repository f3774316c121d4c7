import { randomBytes, timingSafeEqual } from 'node:crypto'

/** A secret that opens one thing of one session: whoever has it may use it. */
export class CapabilityToken {
  readonly #value = randomBytes(32).toString('base64url')

  /** The secret itself, for a URL that is handed to its owner. */
  reveal(): string {
    return this.#value
  }

  /** Compares in a time that does not depend on how much is right. */
  matches(candidate: string): boolean {
    const [given, right] = [Buffer.from(candidate), Buffer.from(this.#value)]
    return given.length === right.length && timingSafeEqual(given, right)
  }

  /** A token that is printed by accident shows nothing. */
  toJSON(): string {
    return '[secret]'
  }
}
