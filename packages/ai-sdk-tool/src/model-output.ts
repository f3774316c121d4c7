import type { Tool } from 'ai'
import type { TandemToolOutput } from './output.ts'

/** What `toModelOutput` of a tool gives. */
export type ModelOutput = Awaited<ReturnType<NonNullable<Tool['toModelOutput']>>>

const unreadable: ModelOutput = {
  type: 'error-text',
  value: 'What came of this call is not known any more.',
}

/** What the model reads and sees of an output, be it the tool's own or one that was stored as JSON. */
export function modelOutputOf(
  output: TandemToolOutput,
  screenshots: 'content' | 'artifact',
): ModelOutput {
  // Stored messages come back from a browser, or from another version of these tools.
  if (typeof output !== 'object' || output === null) return unreadable
  if (output.status === 'running') {
    const value = 'The call was stopped before it ended. What it has done until then is not known.'
    return { type: 'error-text', value }
  }
  const { status, text, artifact } = output
  if (typeof text !== 'string' || Object(artifact) !== artifact) return unreadable
  if (status === 'error') return { type: 'error-text', value: text }
  if (artifact.tool !== 'screenshot') return { type: 'text', value: text }
  if (screenshots === 'artifact') {
    return {
      type: 'text',
      value: `${text}\n\nThe picture was shown to the user. You cannot see it.`,
    }
  }
  if (!artifact.screenshot) {
    const hint = 'The picture was not kept. Take another one if you need to see the page.'
    return { type: 'text', value: `${text}\n\n${hint}` }
  }
  const { mimeType, base64 } = artifact.screenshot
  return {
    type: 'content',
    value: [
      { type: 'text', text },
      // AI SDK 7 has a newer form, which AI SDK 6 would send as it is. This one is right in both.
      // oxlint-disable-next-line typescript/no-deprecated
      { type: 'image-data', mediaType: mimeType, data: base64 },
    ],
  }
}
