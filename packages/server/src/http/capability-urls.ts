import type { FastifyRequest } from 'fastify'
import type { Session } from '../sessions/session.ts'
import { ApiError } from './api-error.ts'

/** The capability URLs of a session; an empty string is one that there is not. */
export interface CapabilityUrls {
  cdpUrl: string
  liveViewUrl: string
  interactiveLiveViewUrl: string
}

/** Builds the URLs under which clients reach a session. */
export class CapabilityUrlBuilder {
  readonly #publicUrl: string | undefined

  /** @param publicUrl How clients reach the server; else as the caller just did. */
  constructor(publicUrl: string | undefined) {
    this.#publicUrl = publicUrl
  }

  /** @throws ApiError when no URL can be built from how the caller reached the server. */
  checkHost(request: FastifyRequest): void {
    if (this.#publicUrl !== undefined) return
    const url = URL.parse(`http://${request.host}`)
    if (url && url.href === `${url.origin}/`) return
    throw new ApiError(400, 'The Host header must be the name or address of this server.')
  }

  /** @param session The living session; without it there are no URLs. */
  build(request: FastifyRequest, session: Session | undefined): CapabilityUrls {
    return {
      cdpUrl: session ? this.cdp(request, session, '') : '',
      // Empty until the live view is there.
      liveViewUrl: '',
      interactiveLiveViewUrl: '',
    }
  }

  /** @param path Below the session's CDP prefix, such as `/devtools/page/…`. */
  cdp(request: FastifyRequest, session: Session, path: string): string {
    this.checkHost(request)
    const base = this.#publicUrl ?? `${request.protocol}://${request.host}`
    const url = new URL(`${base.replace(/^http/, 'ws')}/cdp/${session.id}${path}`)
    url.searchParams.set('token', session.cdpToken.reveal())
    return url.href
  }
}
