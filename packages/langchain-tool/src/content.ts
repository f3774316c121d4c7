import type { MessageContent } from '@langchain/core/messages'
import type { ToolResult } from '@tandem-browser/core/tools'

/** What the model reads and sees of a result. */
export function contentOf(
  { text, images }: ToolResult,
  screenshots: 'content' | 'artifact',
): MessageContent {
  if (images.length === 0) return text
  if (screenshots === 'artifact') {
    return `${text}\n\nThe picture was shown to the user. You cannot see it.`
  }
  return [
    { type: 'text', text },
    // The one form that the converters of all providers understand.
    ...images.map(({ mimeType, base64 }) => ({
      type: 'image_url' as const,
      image_url: { url: `data:${mimeType};base64,${base64}` },
    })),
  ]
}
