/** Exit statuses by which a shell knows that a program was interrupted. */
const statuses = { SIGINT: 130, SIGTERM: 143 } as const

/** Turns Ctrl-C and SIGTERM into an abort, so that the tour can be taken down; the second one exits. */
export class Interruption {
  readonly #controller = new AbortController()
  #status: number | undefined
  readonly #onSignal = (signal: NodeJS.Signals) => {
    const status = statuses[signal as keyof typeof statuses]
    if (this.#status !== undefined) process.exit(status)
    this.#status = status
    this.#controller.abort(new Error(`Interrupted by ${signal}.`))
  }

  constructor() {
    for (const name of Object.keys(statuses)) process.on(name, this.#onSignal)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The status to exit with, once interrupted. */
  get status(): number | undefined {
    return this.#status
  }

  /** Gives the signals back their usual meaning. */
  end(): void {
    for (const name of Object.keys(statuses)) process.off(name, this.#onSignal)
  }
}
