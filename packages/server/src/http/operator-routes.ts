import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type HashedKey, hashKey } from '../keys/hashed-key.ts'
import { ApiError } from './api-error.ts'
import { bearerToken } from './authentication.ts'
import type { ServerMetrics } from './server-metrics.ts'

export interface OperatorRoutesOptions {
  /** The keys that open these routes; no key of the API does. */
  operatorKeys: readonly HashedKey[]
  metrics: ServerMetrics
  /** How many there are of everything that has to come back to where it was. */
  counters: () => Promise<object>
}

/** What only those who run the server may see. */
export function operatorRoutes(
  app: FastifyInstance,
  { operatorKeys, metrics, counters }: OperatorRoutesOptions,
): void {
  void app.register(async (operators) => {
    operators.addHook('onRequest', async (request) => assertOperator(request, operatorKeys))
    operators.get('/metrics', async (_request, reply) => {
      reply.header('content-type', metrics.contentType)
      return metrics.text()
    })
    operators.get('/debug/counters', () => counters())
  })
}

/** Not by the address of the caller: behind a proxy on the same machine everybody is local. */
function assertOperator(request: FastifyRequest, operatorKeys: readonly HashedKey[]): void {
  const token = bearerToken(request.headers.authorization)
  const headers = { 'www-authenticate': 'Bearer' }
  if (token === undefined) throw new ApiError(401, 'Unauthorized: Token missing', { headers })
  // Hashes tell nothing of a key, however long it takes to compare them.
  const { hash } = hashKey(token)
  if (operatorKeys.some((key) => key.hash === hash)) return
  throw new ApiError(403, 'Only for operators: send one of the keys in TANDEM_OPERATOR_KEYS.')
}
