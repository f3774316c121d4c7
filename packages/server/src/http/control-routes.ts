import type { ControlRequest, ControlResponse, SessionEvents } from '@tandem-browser/core'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ControlState } from '../live/control-lock.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import { EventStream } from './event-stream.ts'
import type { IdempotentCalls } from './idempotent-calls.ts'
import type { SameShape } from './same-shape.ts'
import { parseInput } from './validation.ts'

interface SessionParameters {
  Params: { sessionId: string }
}

export const controlSchema = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('take'),
    mode: z.enum(['wait', 'refuse']).optional(),
    /** Seconds. */
    limit: z.number().min(1).max(3_600).optional(),
    force: z.boolean().optional(),
  }),
  z.object({ action: z.literal('hand_back') }),
])

/** Who drives a session: its agents, or a person for whom somebody asks. */
export function controlRoutes(
  app: FastifyInstance,
  { registry, calls }: { registry: SessionRegistry; calls: IdempotentCalls },
): void {
  for (const prefix of ['/v2/interact', '/v2/browser']) {
    app.get<SessionParameters>(`${prefix}/:sessionId/events`, async (request, reply) => {
      const session = await registry.find(request.params.sessionId, request.caller.id)
      const stream = new EventStream(reply)
      const stop = session.live.watch((event) => {
        if (event.type === 'control') stream.send('control', shown(event.state))
        else if (event.type === 'viewers') {
          const { watching, interactive } = event
          stream.send('viewers', { watching, interactive })
        } else {
          stream.send('ended', { endReason: event.endReason })
          stream.end()
        }
      })
      reply.raw.once('close', stop)
      return reply
    })
    app.get<SessionParameters>(`${prefix}/:sessionId/control`, async (request) => {
      const session = await registry.find(request.params.sessionId, request.caller.id)
      return answer(session.control.state)
    })
    app.post<SessionParameters>(`${prefix}/:sessionId/control`, async (request, reply) => {
      const body = parseInput(controlSchema, request.body)
      const { sessionId } = request.params
      const call = { request, reply, subject: `control ${sessionId}`, endsWithClients: false }
      const { answer: given } = await calls.run(call, async () => {
        const session = await registry.find(sessionId, request.caller.id)
        session.lifetime.touch()
        if (body.action === 'hand_back') return answer(session.control.handBack())
        const { mode, limit, force } = body
        const milliseconds = limit === undefined ? undefined : limit * 1000
        return answer(session.control.take({ mode, limit: milliseconds, force }))
      })
      return given
    })
  }
}

function answer(state: ControlState): ControlResponse {
  return { success: true, ...shown(state) }
}

function shown(state: ControlState): SessionEvents['control'] {
  if (state.driver === 'agent') return state
  const { driver, mode } = state
  const [since, until] = [state.since, state.until].map((time) => new Date(time).toISOString())
  return { driver, mode, since: since as string, until: until as string }
}

true satisfies SameShape<z.output<typeof controlSchema>, ControlRequest>
