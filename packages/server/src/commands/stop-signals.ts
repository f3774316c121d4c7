import { constants } from 'node:os'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type StopSignal = (typeof signals)[number]

/**
 * Listens, for as long as the process lives, for the signals that ask for its
 * end. The first one asks; the second one insists.
 */
export class StopSignals {
  /** Resolves with the name of the first signal. */
  readonly first: Promise<StopSignal>
  constructor() {
    const { promise, resolve } = Promise.withResolvers<StopSignal>()
    this.first = promise
    let isAsked = false
    const onSignal = (signal: StopSignal): void => {
      // What a shell reports for a process that the signal ended.
      if (isAsked) process.exit(128 + constants.signals[signal])
      isAsked = true
      resolve(signal)
    }
    for (const signal of signals) process.on(signal, onSignal)
  }
}
