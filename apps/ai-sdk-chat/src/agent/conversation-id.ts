/** 128 random bits, in hexadecimal: who knows it may use the conversation. */
const shape = /^[0-9a-f]{32}$/

export function isConversationId(value: unknown): value is string {
  return typeof value === 'string' && shape.test(value)
}

/** A new one. It also works where `randomUUID` does not, on a page without https. */
export function newConversationId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
