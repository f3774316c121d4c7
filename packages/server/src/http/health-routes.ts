import type { FastifyInstance } from 'fastify'

/** What anybody may know of the server. */
export interface Health {
  status: 'ok' | 'stopping'
  version: string
  isolation: string
  /** Whether Chromium's own sandbox is on. */
  chromiumSandbox: boolean
  engine: { kind: string; version: string }
  /** `kept` are pages of scrapes that somebody may go on with; they give way to others. */
  sessions: { active: number; starting: number; kept: number; limit: number }
  /** Sessions that nobody has yet. */
  pool: { ready: number; starting: number }
}

/** Why a server takes no sessions. */
type Obstacle = 'stopping' | 'full' | 'failing'

const explanations: Readonly<Record<Obstacle, string>> = {
  stopping: 'The server is shutting down.',
  full: 'There are as many sessions as the server may have.',
  failing: 'The last browsers did not start; the log says why.',
}

export function healthRoutes(
  app: FastifyInstance,
  { health, obstacle }: { health: () => Health; obstacle: () => Obstacle | undefined },
): void {
  app.get('/ready', async (_request, reply) => {
    const reason = obstacle()
    if (reason === undefined) return { status: 'ready' }
    return reply.code(503).send({ status: 'unready', reason, error: explanations[reason] })
  })

  app.get('/health', async (_request, reply) => {
    const state = health()
    return reply.code(state.status === 'ok' ? 200 : 503).send(state)
  })
}
