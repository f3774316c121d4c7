import { constants } from 'node:os'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Aborted by the first signal that asks for the end; the second one ends the process at once. */
export class StopSignals {
  /** Aborts with a `StoppedError`. */
  readonly signal: AbortSignal

  constructor() {
    const controller = new AbortController()
    this.signal = controller.signal
    for (const name of signals) {
      process.on(name, () => {
        const exitCode = 128 + constants.signals[name]
        if (controller.signal.aborted) process.exit(exitCode)
        process.stderr.write(`${name}: cleaning up. A second signal ends at once.\n`)
        controller.abort(new StoppedError(exitCode))
      })
    }
  }
}

export class StoppedError extends Error {
  override name = 'StoppedError'
  readonly exitCode: number

  constructor(exitCode: number) {
    super('The run was stopped.')
    this.exitCode = exitCode
  }
}
