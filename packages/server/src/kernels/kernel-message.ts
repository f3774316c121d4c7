import { z } from 'zod'
import { type KernelMessage, maximumOutputBytes } from './protocol.ts'

const text = z.string().max(maximumOutputBytes)

const tab = z.string().regex(/^[0-9A-F]{32}$/)

const kernelMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('failed'), error: text }),
  z.object({
    type: z.literal('completed'),
    value: text.exactOptional(),
    truncated: z.boolean().exactOptional(),
    exitCode: z.int().min(0).max(255).exactOptional(),
    tab: tab.exactOptional(),
  }),
  z.object({ type: z.literal('threw'), error: text, tab: tab.exactOptional() }),
]) satisfies z.ZodType<KernelMessage>

/** A message of the protocol, or undefined for anything else. */
export function parseKernelMessage(received: object): KernelMessage | undefined {
  return kernelMessage.safeParse(received).data
}
