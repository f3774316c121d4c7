/** A person has the browser, and whoever comes is not to wait for him. */
export class HumanInControlError extends Error {
  override name = 'HumanInControlError'

  constructor() {
    super(
      'A person has taken over this browser session. Try again when it has been handed back; ' +
        'GET /v2/interact/{sessionId}/control says who drives.',
    )
  }
}

/** Another person has the browser already. */
export class ControlHeldError extends Error {
  override name = 'ControlHeldError'

  constructor() {
    super(
      'Another person has taken over this browser session. Wait until it is handed back, or take it with "force": true.',
    )
  }
}
