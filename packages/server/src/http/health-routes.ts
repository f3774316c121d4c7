import type { FastifyInstance } from 'fastify'

/** What anybody may know of the server. */
export interface Health {
  status: 'ok' | 'stopping'
  version: string
  isolation: string
  /** Whether Chromium's own sandbox is on. */
  chromiumSandbox: boolean
  engine: { kind: string; version: string }
  sessions: { active: number; starting: number; limit: number }
  /** Sessions that nobody has yet. */
  pool: { ready: number; starting: number }
}

export function healthRoutes(app: FastifyInstance, health: () => Health): void {
  app.get('/health', async (_request, reply) => {
    const state = health()
    return reply.code(state.status === 'ok' ? 200 : 503).send(state)
  })
}
