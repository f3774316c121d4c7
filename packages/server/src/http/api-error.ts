import type { ErrorResponse } from '@tandem-browser/core'

/** A failure that is answered with a status and the contract's envelope. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  readonly code: string | undefined
  readonly details: unknown
  readonly headers: Record<string, string>

  constructor(
    status: number,
    message: string,
    options: { code?: string; details?: unknown; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.status = status
    this.code = options.code
    this.details = options.details
    this.headers = options.headers ?? {}
  }

  toBody(): ErrorResponse {
    return {
      success: false,
      error: this.message,
      ...(this.code === undefined ? {} : { code: this.code }),
      ...(this.details === undefined ? {} : { details: this.details }),
    }
  }
}
