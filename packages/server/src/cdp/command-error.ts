/** A command that Chromium refused. */
export class CdpCommandError extends Error {
  override name = 'CdpCommandError'
  readonly code: number

  constructor(method: string, error: { code: number; message: string }) {
    super(`${method}: ${error.message}`)
    this.code = error.code
  }
}

/** Chromium's end of the pipe was lost. */
export class BrowserGoneError extends Error {
  override name = 'BrowserGoneError'
}

/** The browser did not answer a command of the server's in time. */
export class CommandTimeoutError extends Error {
  override name = 'CommandTimeoutError'
}
