import { inspect } from 'node:util'
import { maximumOutputBytes } from '../protocol.ts'

/**
 * The text of an execution's value (design §6.4): a string as it is, anything
 * else as JSON, and what JSON cannot hold as Node's console shows it.
 * Undefined when there is no value.
 */
export function formatValue(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string') return value
  try {
    const json = JSON.stringify(value)
    if (json !== undefined && !(value instanceof Error)) return json
  } catch {
    // A cycle, a big integer, a getter that throws.
  }
  return inspect(value, { depth: 4, maxArrayLength: 1_000, maxStringLength: 100_000 })
}

/**
 * The text of what an execution threw, with the part of its stack that is the
 * user's own code.
 *
 * @param fileName How stack traces call the user's code.
 */
export function formatThrown(thrown: unknown, location: string, fileName: string): string {
  if (!(thrown instanceof Error)) return `Uncaught ${inspect(thrown)}\n    at ${location}`
  const { headline, frames } = splitStack(thrown)
  const own = frames.filter((frame) => isUserFrame(frame, fileName))
  const lines = own.length > 0 ? own : [`    at ${location}`]
  const cause = thrown.cause instanceof Error ? `\n[cause]: ${firstLine(thrown.cause)}` : ''
  return `${headline}\n${lines.slice(0, 10).join('\n')}${cause}`
}

/** Cuts text to the limit of an output, never inside a character. */
export function truncate(text: string): { text: string; truncated: boolean } {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= maximumOutputBytes) return { text, truncated: false }
  let end = maximumOutputBytes
  // The second and later bytes of a character begin with the bits 10.
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1
  return { text: bytes.toString('utf8', 0, end), truncated: true }
}

function splitStack(error: Error): { headline: string; frames: string[] } {
  const stack = typeof error.stack === 'string' ? error.stack : String(error)
  const lines = stack.split('\n')
  const first = lines.findIndex((line) => line.startsWith('    at '))
  if (first === -1) return { headline: stack, frames: [] }
  return { headline: lines.slice(0, first).join('\n'), frames: lines.slice(first) }
}

/** Frames of any execution of this kernel, and of modules that the user loaded. */
function isUserFrame(frame: string, fileName: string): boolean {
  if (frame.includes(fileName) || /\bexecution-\d+\.js\b/.test(frame)) return true
  return frame.includes('file://') && !frame.includes('/node_modules/') && !isOwnFrame(frame)
}

function isOwnFrame(frame: string): boolean {
  return frame.includes(new URL('.', import.meta.url).href)
}

function firstLine(error: Error): string {
  return splitStack(error).headline
}
