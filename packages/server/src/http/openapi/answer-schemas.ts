import type {
  ControlResponse,
  CreateSessionResponse,
  DeleteProfileResponse,
  DeleteSessionResponse,
  EndReason,
  ErrorResponse,
  ExecuteResponse,
  GetSessionResponse,
  InteractResponse,
  ListProfilesResponse,
  ListSessionsResponse,
  SessionEvents,
  StreamEvents,
} from '@tandem-browser/core'
import { z } from 'zod'
import type { Health } from '../health-routes.ts'
import type { SameShape } from '../same-shape.ts'

const success = z.literal(true)
const count = z.number().int().min(0)
const time = z.iso.datetime()

const endReason = z.enum([
  'released',
  'ttl',
  'idle',
  'crashed',
  'out_of_memory',
  'out_of_disk',
  'server_shutdown',
  'node_lost',
])

const capabilityUrls = {
  cdpUrl: z.string(),
  liveViewUrl: z.string(),
  interactiveLiveViewUrl: z.string(),
}

/** Every failed call. */
export const errorResponse = z.object({
  success: z.literal(false),
  error: z.string(),
  code: z.string().optional(),
  details: z.unknown().optional(),
})

export const createSessionResponse = z.object({
  success,
  id: z.uuid(),
  ...capabilityUrls,
  expiresAt: time,
})

const summaryFields = {
  id: z.uuid(),
  status: z.enum(['active', 'destroyed', 'error']),
  ...capabilityUrls,
  streamWebView: z.boolean(),
  createdAt: time,
  lastActivity: time,
  expiresAt: time.optional(),
  endReason: endReason.optional(),
  profileError: z.string().optional(),
}

export const sessionSummary = z.object(summaryFields)

export const listSessionsResponse = z.object({ success, sessions: z.array(sessionSummary) })

export const getSessionResponse = z.object({
  success,
  ...summaryFields,
  sessionDurationMs: count.optional(),
  creditsBilled: count.optional(),
})

export const deleteSessionResponse = z.object({
  success,
  sessionDurationMs: count,
  creditsBilled: count,
  profileError: z.string().optional(),
})

const outputFields = {
  stdout: z.string(),
  stderr: z.string(),
  result: z.string(),
  exitCode: z.number().int(),
  killed: z.boolean(),
  truncated: z.boolean().optional(),
  error: z.string().optional(),
}

export const executeResponse = z.object({ success, ...outputFields })

export const interactResponse = z.object({
  success: z.boolean(),
  sessionId: z.uuid(),
  ...capabilityUrls,
  output: z.string().optional(),
  ...outputFields,
})

export const profileSummary = z.object({
  name: z.string(),
  size: count,
  updatedAt: time,
  writing: z.boolean(),
})

export const listProfilesResponse = z.object({ success, profiles: z.array(profileSummary) })

export const deleteProfileResponse = z.object({ success })

const agentDrives = { driver: z.literal('agent') }
const humanDrives = {
  driver: z.literal('human'),
  mode: z.enum(['wait', 'refuse']),
  since: time,
  until: time,
}

export const controlResponse = z.discriminatedUnion('driver', [
  z.object({ success, ...agentDrives }),
  z.object({ success, ...humanDrives }),
])

/** The data of the events of a streamed execution. */
export const streamEvents = z.object({
  stdout: z.object({ text: z.string() }),
  stderr: z.object({ text: z.string() }),
  step: z.object({
    index: z.number().int(),
    command: z.string(),
    output: z.string(),
    exitCode: z.number().int(),
  }),
  result: z.union([executeResponse, interactResponse]),
  error: z.object({ ...errorResponse.shape, status: z.number().int() }),
})

/** The data of the events of a session. */
export const sessionEvents = z.object({
  control: z.discriminatedUnion('driver', [z.object(agentDrives), z.object(humanDrives)]),
  viewers: z.object({ watching: count, interactive: count }),
  ended: z.object({ endReason }),
})

export const health = z.object({
  status: z.enum(['ok', 'stopping']),
  version: z.string(),
  isolation: z.string(),
  chromiumSandbox: z.boolean(),
  engine: z.object({ kind: z.string(), version: z.string() }),
  sessions: z.object({ active: count, starting: count, kept: count, limit: count }),
  pool: z.object({ ready: count, starting: count }),
})

export const ready = z.object({ status: z.literal('ready') })

export const unready = z.object({
  status: z.literal('unready'),
  reason: z.enum(['stopping', 'full', 'failing']),
  error: z.string(),
})

export const ticketResponse = z.object({
  success,
  ticket: z.string(),
  interactive: z.boolean(),
})

export const uploadResponse = z.object({ success, name: z.string() })

/** What DevTools clients look up first, as Chromium has it. */
export const browserVersion = z.looseObject({
  Browser: z.string(),
  'Protocol-Version': z.string(),
  webSocketDebuggerUrl: z.string(),
})

export const pageList = z.array(
  z.looseObject({
    id: z.string(),
    type: z.string(),
    title: z.string(),
    url: z.string(),
    webSocketDebuggerUrl: z.string(),
    unresponsive: z.boolean().optional(),
  }),
)

// The document must say what is answered: one that says more or less does not compile.
true satisfies SameShape<z.output<typeof errorResponse>, ErrorResponse>
true satisfies SameShape<z.output<typeof endReason>, EndReason>
true satisfies SameShape<z.output<typeof createSessionResponse>, CreateSessionResponse>
true satisfies SameShape<z.output<typeof listSessionsResponse>, ListSessionsResponse>
true satisfies SameShape<z.output<typeof getSessionResponse>, GetSessionResponse>
true satisfies SameShape<z.output<typeof deleteSessionResponse>, DeleteSessionResponse>
true satisfies SameShape<z.output<typeof executeResponse>, ExecuteResponse>
true satisfies SameShape<z.output<typeof interactResponse>, InteractResponse>
true satisfies SameShape<z.output<typeof listProfilesResponse>, ListProfilesResponse>
true satisfies SameShape<z.output<typeof deleteProfileResponse>, DeleteProfileResponse>
true satisfies SameShape<z.output<typeof controlResponse>, ControlResponse>
true satisfies SameShape<z.output<typeof streamEvents>, StreamEvents>
true satisfies SameShape<z.output<typeof sessionEvents>, SessionEvents>
true satisfies SameShape<z.output<typeof health>, Health>
