import type { Duplex } from 'node:stream'
import { promisify } from 'node:util'
import cors from '@fastify/cors'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Logger } from 'pino'
import { validate as isUuid, v7 as uuid } from 'uuid'
import type { ApiKeys } from '../keys/api-keys.ts'
import type { HashedKey } from '../keys/hashed-key.ts'
import type { KeyLimitStore } from '../keys/key-limits.ts'
import type { Profiles } from '../profiles/profiles.ts'
import type { KeptAnswers } from '../store/kept-answers.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import type { ScrapeService } from '../scrape/scrape-service.ts'
import { ApiError } from './api-error.ts'
import { authenticate } from './authentication.ts'
import { CapabilityUrlBuilder } from './capability-urls.ts'
import { CdpRoutes } from './cdp-routes.ts'
import { ClientGoneError } from './client-connection.ts'
import { descriptionRoutes } from './description-routes.ts'
import { isDefect, toApiError } from './error-mapping.ts'
import { IdempotentCalls } from './idempotent-calls.ts'
import { type Health, healthRoutes } from './health-routes.ts'
import { controlRoutes } from './control-routes.ts'
import { interactRoutes } from './interact-routes.ts'
import { operatorRoutes } from './operator-routes.ts'
import { limitRequestRate } from './request-rate.ts'
import { profileRoutes } from './profile-routes.ts'
import { LiveRoutes } from './live-routes.ts'
import { scrapeRoutes } from './scrape-routes.ts'
import type { ServerMetrics } from './server-metrics.ts'
import { answerUnreadable } from './unreadable-request.ts'
import { upgrade } from './upgrade.ts'

export interface AppOptions {
  keys: ApiKeys
  keyLimits: KeyLimitStore
  registry: SessionRegistry
  profiles: Profiles
  scrapes: ScrapeService
  keptAnswers: KeptAnswers
  publicUrl: string | undefined
  /** Who may show live views in a frame. */
  frameAncestors: string
  health: () => Health
  operatorKeys: readonly HashedKey[]
  metrics: ServerMetrics
  /** How many there are of what sessions need. */
  counters: () => Promise<Record<string, unknown>>
  log: Logger
}

/** Bytes of the largest request body: far above the longest code, escaped. */
const bodyLimit = 2 * 1024 * 1024

/** Milliseconds in which a request must have arrived, with its body. */
const requestTimeout = 60_000

/** The HTTP face of the server, not yet listening. */
export function createApp(options: AppOptions): FastifyInstance {
  const { keys, keyLimits, registry, metrics, log } = options
  // Named by its wider type, so that the app's type does not carry the logger's.
  const loggerInstance: FastifyBaseLogger = log
  const app = Fastify({
    loggerInstance,
    // One line a request is written below, without query strings.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => uuid(),
    bodyLimit,
    requestTimeout,
    // Addresses that cannot be decoded never reach a route.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id)
      request.log.info({ method: request.method, code: error.code }, 'unreadable address')
      void answerFailure(error, request, reply)
    },
    clientErrorHandler(error, socket) {
      answerUnreadable(error, socket, loggerInstance)
    },
    // The longest name of a profile, with every character encoded, is longer than the default.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 2_000 },
    // Idle connections must not hold up the server's end.
    forceCloseConnections: true,
  })
  // Bodies are JSON; text would be taken for a body without fields.
  app.removeContentTypeParser(['text/plain', 'application/json'])
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Clients name the type by habit also where they send nothing.
    if (body === '') done(null, undefined)
    else void parseJson(request, body as string, done)
  })
  const urls = new CapabilityUrlBuilder(options.publicUrl)
  const cdp = new CdpRoutes(registry, urls, log)
  const calls = new IdempotentCalls(options.keptAnswers, log)
  const live = new LiveRoutes({ registry, frameAncestors: options.frameAncestors, log })

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.decorateRequest('sessionId')
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request
    const route = request.routeOptions.url
    metrics.answered({ method, route, status: reply.statusCode, ms: reply.elapsedTime })
    request.log.info(
      {
        method,
        route,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 10) / 10,
        keyId: request.caller?.id,
        sessionId: request.sessionId ?? sessionIdIn(request.params),
      },
      'request',
    )
  })
  app.setErrorHandler(answerFailure)
  app.setNotFoundHandler((request) => {
    const path = request.url.split('?')[0]
    throw new ApiError(404, `There is no ${request.method} ${path} in this API.`)
  })

  // Calls carry a key, never a cookie, so a page may make them only for whoever gave it one.
  void app.register(cors, {
    origin: '*',
    methods: ['GET', 'POST', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'idempotency-key'],
    exposedHeaders: ['x-request-id', 'retry-after', 'idempotent-replayed'],
    maxAge: 600,
  })
  descriptionRoutes(app, options.publicUrl)
  healthRoutes(app, { health: options.health, obstacle: () => registry.obstacle })
  operatorRoutes(app, {
    operatorKeys: options.operatorKeys,
    metrics,
    counters: async () => ({
      ...(await options.counters()),
      cdpSockets: cdp.socketCount,
      httpConnections: await promisify(app.server.getConnections.bind(app.server))(),
      liveViewers: live.viewerCount,
      liveWaitingBytes: live.waitingBytes,
      liveTickets: live.ticketCount,
      idempotentCalls: calls.count,
    }),
  })
  cdp.routes(app)
  live.routes(app)
  void app.register(async (authenticated) => {
    authenticated.addHook('onRequest', authenticate(keys))
    await limitRequestRate(authenticated, keyLimits)
    // Before anything is done: the answer may have to say how the caller reaches it.
    authenticated.addHook('onRequest', async (request) => urls.checkHost(request))
    interactRoutes(authenticated, { registry, urls, calls })
    profileRoutes(authenticated, options.profiles)
    controlRoutes(authenticated, { registry, calls })
    scrapeRoutes(authenticated, { registry, urls, calls, scrapes: options.scrapes })
  })

  app.server.on('upgrade', (request, socket: Duplex, head) => {
    const routes = LiveRoutes.isLive(request.url ?? '') ? live : cdp
    void upgrade(routes, request, socket, head, log)
  })
  app.addHook('preClose', async () => {
    cdp.close()
    live.close()
  })
  return app
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The session that the request turned out to be about, where its address does not say. */
    sessionId?: string
  }
}

/** What is no id of a session may be a secret that somebody has put in its place. */
function sessionIdIn(parameters: unknown): string | undefined {
  const { sessionId } = parameters as { sessionId?: string }
  return isUuid(sessionId) ? sessionId : undefined
}

function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // Nobody is there to read it.
  if (error instanceof ClientGoneError) return reply.hijack()
  const failure = toApiError(error)
  if (isDefect(error, failure)) request.log.error({ err: error }, 'request failed')
  return reply.code(failure.status).headers(failure.headers).send(failure.toBody())
}
