import type { ExecutionOutput } from '@tandem-browser/core'
import { type EgressRefusal, describeRefusal } from '../egress/problem.ts'
import type { SessionEgress } from '../egress/session-egress.ts'

/** Refusals that one execution is told of. */
const maximumNotes = 5

/**
 * What the network policy refused while an execution ran. Few clients show the
 * reason that a proxy gives, so the execution's standard error does.
 */
export class RefusalNotes {
  readonly #refusals = new Map<string, EgressRefusal>()
  readonly #stop: () => void
  #others = 0

  /** Listens until `end`. */
  constructor(egress: SessionEgress) {
    this.#stop = egress.onRefusal((refusal) => this.#add(refusal))
  }

  /**
   * Adds what was refused to the output.
   *
   * @param onStderr Gets the added text as well.
   */
  addTo(output: ExecutionOutput, onStderr?: (text: string) => void): ExecutionOutput {
    const failed = output.error !== undefined
    // What a page asks for by itself is no concern of code that got what it wanted.
    const told = [...this.#refusals.values()].filter(({ origin }) => failed || origin !== 'browser')
    if (told.length === 0) return output
    const more = this.#others === 0 ? [] : [`${this.#others} more connections were refused.`]
    const text = [...told.map(describeRefusal), ...more].join('\n')
    const gap = output.stderr === '' || output.stderr.endsWith('\n') ? '' : '\n'
    onStderr?.(`${gap}${text}\n`)
    return {
      ...output,
      stderr: `${output.stderr}${gap}${text}\n`,
      ...(failed ? { error: `${output.error}\n${text}` } : {}),
    }
  }

  /** Ends the listening. May be called again. */
  end(): void {
    this.#stop()
  }

  #add(refusal: EgressRefusal): void {
    const { rule, target } = refusal
    const key = `${rule} ${target}`
    if (this.#refusals.has(key)) return
    if (this.#refusals.size === maximumNotes) this.#others += 1
    else this.#refusals.set(key, refusal)
  }
}
