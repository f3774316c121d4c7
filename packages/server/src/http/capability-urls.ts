import type { FastifyRequest } from 'fastify'
import type { CapabilityToken } from '../keys/capability-token.ts'
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
    const isShown = session?.streamWebView === true
    return {
      cdpUrl: session ? this.cdp(request, session, '') : '',
      liveViewUrl: isShown ? this.#live(request, session, session.viewToken) : '',
      interactiveLiveViewUrl: isShown ? this.#live(request, session, session.interactToken) : '',
    }
  }

  /** The token is in the fragment, which no browser sends to a server or names as a referrer. */
  #live(request: FastifyRequest, session: Session, token: CapabilityToken): string {
    return `${this.#base(request)}/live/${session.id}#${token.reveal()}`
  }

  /** @param path Below the session's CDP prefix, such as `/devtools/page/…`. */
  cdp(request: FastifyRequest, session: Session, path: string): string {
    const base = this.#base(request).replace(/^http/, 'ws')
    const url = new URL(`${base}/cdp/${session.id}${path}`)
    url.searchParams.set('token', session.cdpToken.reveal())
    return url.href
  }

  #base(request: FastifyRequest): string {
    this.checkHost(request)
    return this.#publicUrl ?? `${request.protocol}://${request.host}`
  }
}
