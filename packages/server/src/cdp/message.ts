/** A message of the Chrome DevTools Protocol, in either direction. */
export interface CdpMessage {
  id?: number
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { code: number; message: string; data?: string }
  sessionId?: string
}

/** JSON-RPC codes that the protocol uses. */
export const cdpErrorCode = {
  invalidRequest: -32600,
  serverError: -32000,
  sessionNotFound: -32001,
} as const
