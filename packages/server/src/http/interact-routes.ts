import type {
  CreateSessionResponse,
  DeleteSessionResponse,
  GetSessionResponse,
  ListSessionsResponse,
  SessionSummary,
} from '@tandem-browser/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { profileToSave } from '../profiles/profile-request.ts'
import { lifetimeLimits } from '../sessions/lifetime.ts'
import type { SessionRecord } from '../sessions/session-records.ts'
import type { SessionEnd } from '../sessions/session.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import type { CapabilityUrlBuilder } from './capability-urls.ts'
import { answerExecution } from './execution-route.ts'
import type { IdempotentCalls } from './idempotent-calls.ts'
import { createSessionSchema, executeSchema, listSessionsQuerySchema } from './schemas.ts'
import { parseInput } from './validation.ts'

interface SessionParameters {
  Params: { sessionId: string }
}

/** Standalone sessions, under both of their names. */
export function interactRoutes(
  app: FastifyInstance,
  {
    registry,
    urls,
    calls,
  }: { registry: SessionRegistry; urls: CapabilityUrlBuilder; calls: IdempotentCalls },
): void {
  // Every official client uses the older name.
  for (const prefix of ['/v2/interact', '/v2/browser']) {
    app.post(prefix, async (request, reply): Promise<CreateSessionResponse> => {
      const body = parseInput(createSessionSchema, request.body ?? {})
      const specification = {
        keyId: request.caller.id,
        limits: lifetimeLimits(body),
        streamWebView: body.streamWebView ?? true,
        profile: profileToSave(body.profile),
      }
      const call = { request, reply, subject: 'create', endsWithClients: true }
      const { answer } = await calls.run(call, async (signal) => {
        const session = await registry.create(specification, signal)
        request.sessionId = session.id
        return {
          success: true as const,
          id: session.id,
          ...urls.build(request, session),
          expiresAt: new Date(session.lifetime.expiresAt).toISOString(),
        }
      })
      return answer
    })

    app.get(prefix, async (request): Promise<ListSessionsResponse> => {
      const { status } = parseInput(listSessionsQuerySchema, request.query)
      const records = await registry.list(request.caller.id)
      const sessions = records.map((record) => summarize(request, record))
      return {
        success: true,
        sessions: sessions.filter((session) => status === undefined || session.status === status),
      }
    })

    app.get<SessionParameters>(
      `${prefix}/:sessionId`,
      async (request): Promise<GetSessionResponse> => {
        const record = await registry.describe(request.params.sessionId, request.caller.id)
        return {
          success: true,
          ...summarize(request, record),
          ...(record.end ? durationAndCredits(record.end) : {}),
        }
      },
    )

    app.post<SessionParameters>(`${prefix}/:sessionId/execute`, (request, reply) =>
      answerExecution({
        request,
        reply,
        body: parseInput(executeSchema, request.body),
        calls,
        subject: `execute ${request.params.sessionId}`,
        session: () => registry.find(request.params.sessionId, request.caller.id),
        answer: (output) => ({ success: true, ...output }),
      }),
    )

    app.delete<SessionParameters>(
      `${prefix}/:sessionId`,
      async (request): Promise<DeleteSessionResponse> => {
        const end = await registry.release(request.params.sessionId, request.caller.id)
        return { success: true, ...closingAccount(end) }
      },
    )
  }

  function summarize(request: FastifyRequest, record: SessionRecord): SessionSummary {
    const session = record.end ? undefined : registry.peek(record.id)
    return {
      id: record.id,
      status: record.end ? 'destroyed' : 'active',
      ...urls.build(request, session),
      streamWebView: record.streamWebView,
      createdAt: new Date(record.createdAt).toISOString(),
      lastActivity: new Date(record.lastActivity).toISOString(),
      ...(session ? { expiresAt: new Date(session.lifetime.expiresAt).toISOString() } : {}),
      ...(record.end ? { endReason: record.end.reason } : {}),
      ...(record.end?.profileError ? { profileError: record.end.profileError } : {}),
    }
  }
}

/** What the end of a session is answered with. */
export function closingAccount(end: SessionEnd): Omit<DeleteSessionResponse, 'success'> {
  return {
    ...durationAndCredits(end),
    ...(end.profileError ? { profileError: end.profileError } : {}),
  }
}

/** The part that every answer about an ended session shares. */
function durationAndCredits({ duration, credits }: SessionEnd): {
  sessionDurationMs: number
  creditsBilled: number
} {
  return { sessionDurationMs: Math.round(duration), creditsBilled: credits }
}
