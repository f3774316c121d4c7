import type { DeleteSessionResponse, ScrapeResponse } from '@tandem-browser/core'
import type { FastifyInstance } from 'fastify'
import { validate as isUuid } from 'uuid'
import type { ScrapeService } from '../scrape/scrape-service.ts'
import { lifetimeLimits } from '../sessions/lifetime.ts'
import { SessionNotFoundError } from '../sessions/session-error.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import { ApiError } from './api-error.ts'
import type { CapabilityUrlBuilder } from './capability-urls.ts'
import { answerExecution } from './execution-route.ts'
import type { IdempotentCalls } from './idempotent-calls.ts'
import { closingAccount } from './interact-routes.ts'
import { interactSchema } from './schemas.ts'
import { scrapeSchema } from './scrape-schemas.ts'
import { parseInput } from './validation.ts'

interface JobParameters {
  Params: { jobId: string }
}

/** Scrapes, and the sessions that continue them. */
export function scrapeRoutes(
  app: FastifyInstance,
  {
    registry,
    urls,
    scrapes,
    calls,
  }: {
    registry: SessionRegistry
    urls: CapabilityUrlBuilder
    scrapes: ScrapeService
    calls: IdempotentCalls
  },
): void {
  app.post('/v2/scrape', async (request, reply): Promise<ScrapeResponse> => {
    const body = parseInput(scrapeSchema, request.body)
    const { username } = body.auditMetadata ?? {}
    if (username !== undefined) request.log.info({ username, keyId: request.caller.id }, 'audit')
    // A page may have been clicked at: with a key that is done once.
    const call = { request, reply, subject: 'scrape', endsWithClients: false }
    const { answer } = await calls.run(call, (signal) =>
      scrapes.scrape(request.caller.id, body, signal),
    )
    return { success: true, data: answer }
  })

  app.get<JobParameters>('/v2/scrape/:jobId', async (request): Promise<ScrapeResponse> => {
    const { jobId } = request.params
    if (!isUuid(jobId)) throw new ApiError(400, 'Invalid crawl ID')
    return { success: true, data: await scrapes.resultOf(jobId, request.caller.id) }
  })

  app.post<JobParameters>('/v2/scrape/:jobId/interact', (request, reply) => {
    const { jobId } = request.params
    assertJobId(jobId)
    const body = parseInput(interactSchema, request.body)
    return answerExecution({
      request,
      reply,
      body,
      calls,
      subject: `interact ${jobId}`,
      session: ({ assertRunnable }) =>
        scrapes.sessionFor(jobId, request.caller.id, {
          assertRunnable,
          limits: lifetimeLimits(body),
          existingSessionId: body.existingSessionId,
          url: body.url,
        }),
      answer: (output, session) => ({
        success: output.exitCode === 0 && !output.killed,
        sessionId: session.id,
        ...urls.build(request, session),
        ...output,
      }),
    })
  })

  app.delete<JobParameters>(
    '/v2/scrape/:jobId/interact',
    async (request): Promise<DeleteSessionResponse> => {
      const { jobId } = request.params
      assertJobId(jobId)
      const sessionId = await scrapes.sessionIdOf(jobId, request.caller.id)
      // Nobody has continued that scrape.
      if (sessionId === undefined) throw new SessionNotFoundError()
      const end = await registry.release(sessionId, request.caller.id)
      return { success: true, ...closingAccount(end) }
    },
  )
}

function assertJobId(jobId: string): void {
  if (isUuid(jobId)) return
  throw new ApiError(400, 'Invalid job ID format. Job ID must be a valid UUID.')
}
