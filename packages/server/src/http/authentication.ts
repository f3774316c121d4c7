import type { FastifyRequest } from 'fastify'
import type { ApiKeys, KeyIdentity } from '../keys/api-keys.ts'
import { ApiError } from './api-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; set on every route that needs a key. */
    caller: KeyIdentity
  }
}

/** The secret of an `Authorization: Bearer` header. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/** Runs before the body is read, so that nobody without a key can send one. */
export function authenticate(keys: ApiKeys): (request: FastifyRequest) => Promise<void> {
  const headers = { 'www-authenticate': 'Bearer' }
  return async (request) => {
    const token = bearerToken(request.headers.authorization)
    if (token === undefined) throw new ApiError(401, 'Unauthorized: Token missing', { headers })
    const caller = await keys.verify(token)
    if (!caller) throw new ApiError(401, 'Unauthorized: Invalid token', { headers })
    request.caller = caller
  }
}
