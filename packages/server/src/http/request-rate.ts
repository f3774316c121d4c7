import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { KeyLimitStore } from '../keys/key-limits.ts'
import { ApiError } from './api-error.ts'

/** Milliseconds in which the requests of a key are counted together, from the first of them. */
const window = 60_000

/** Groups of calls that are counted on their own (contract §1). */
type RateBucket = 'create' | 'execute' | 'scrape' | 'status'

/** Most keys and groups that are counted at once; the one unused longest goes first. */
const maximumCounts = 10_000

/**
 * Holds each key to the requests that its operator lets it make a minute. The
 * limit is read at each request, so that a change holds with the next one.
 *
 * To be called after the hook that finds out who calls.
 */
export async function limitRequestRate(app: FastifyInstance, limits: KeyLimitStore): Promise<void> {
  await app.register(rateLimit, { global: false, cache: maximumCounts })
  const count = app.createRateLimit({
    timeWindow: window,
    keyGenerator: (request) => `${request.caller.id} ${bucketOf(request)}`,
    max: (request) => request.requestsPerMinute,
  })
  app.decorateRequest('requestsPerMinute', Infinity)
  app.addHook('onRequest', async (request) => {
    const { requestsPerMinute } = await limits.of(request.caller.id)
    if (requestsPerMinute === undefined) return
    request.requestsPerMinute = requestsPerMinute
    const state = await count(request)
    if (state.isAllowed || !state.isExceeded) return
    throw new ApiError(429, exceeded(state), {
      code: 'RATE_LIMIT',
      headers: { 'retry-after': String(state.ttlInSeconds) },
    })
  })
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Requests a minute that the caller may make of this kind. */
    requestsPerMinute: number
  }
}

function bucketOf({ method, routeOptions }: FastifyRequest): RateBucket {
  const route = routeOptions.url ?? ''
  if (route === '/v2/scrape') return 'scrape'
  if (route.startsWith('/v2/scrape/') && method === 'GET') return 'status'
  return method === 'POST' && /^\/v2\/(interact|browser)$/.test(route) ? 'create' : 'execute'
}

function exceeded({ max, remaining, ttl, ttlInSeconds }: RateState): string {
  const resetsAt = new Date(Date.now() + ttl)
  return (
    `Rate limit exceeded. Consumed (req/min): ${max}, Remaining (req/min): ${remaining}. ` +
    'The operator of the server can raise the limit of this key; ' +
    `please retry after ${ttlInSeconds}s, resets at ${resetsAt.toISOString()}`
  )
}

interface RateState {
  max: number
  remaining: number
  ttl: number
  ttlInSeconds: number
}
