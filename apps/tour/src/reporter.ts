import { styleText } from 'node:util'
import { redact, TandemError } from '@tandem-browser/core'

import { ExpectationError } from './expectation.ts'
import type { Step } from './step.ts'

/** What people read. Nothing is written that has not been redacted, but for what `secret` is given. */
export class Reporter {
  readonly #secrets: readonly string[]
  readonly #titleWidth: number

  constructor(steps: readonly Step[], secrets: readonly string[]) {
    this.#secrets = secrets
    this.#titleWidth = Math.max(0, ...steps.map(({ title }) => title.length))
  }

  line(text = ''): void {
    process.stdout.write(`${this.#safe(text)}\n`)
  }

  /** An address that opens something for whoever has it: it is for this person, and for now. */
  secret(label: string, address: string): void {
    const warning = styleText('dim', '(a secret; dead when the tour is over)')
    process.stdout.write(`    ${label}: ${address} ${warning}\n`)
  }

  stepDone(number: number, { title }: Step, milliseconds: number, seen: string): void {
    const time = styleText('dim', formatMilliseconds(milliseconds))
    const mark = styleText('green', '✓')
    process.stdout.write(`${mark} ${this.#heading(number, title)} ${time}  ${this.#safe(seen)}\n`)
  }

  stepFailed(number: number, { title }: Step, milliseconds: number, error: unknown): void {
    const time = styleText('dim', formatMilliseconds(milliseconds))
    const mark = styleText('red', '✗')
    process.stdout.write(`${mark} ${this.#heading(number, title)} ${time}  failed\n`)
    this.failure(`The tour ended at step ${number}, “${title}”.`, error)
  }

  /** Says on standard error what went wrong. */
  failure(headline: string, error?: unknown): void {
    const lines = ['', styleText('red', headline, { stream: process.stderr })]
    if (error instanceof ExpectationError) {
      lines.push(
        `  Expected  ${this.#safe(error.expected)}`,
        `  Came      ${this.#safe(error.came)}`,
      )
    } else if (error !== undefined) {
      lines.push(`  ${this.#safe(describe(error))}`)
    }
    process.stderr.write(`${lines.join('\n')}\n`)
  }

  #heading(number: number, title: string): string {
    return `${String(number).padStart(2)}  ${title.padEnd(this.#titleWidth)}`
  }

  /** On one line, without secrets, and without what a terminal would obey. */
  #safe(text: string): string {
    return redact(text, this.#secrets).replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
  }
}

function formatMilliseconds(milliseconds: number): string {
  return `${milliseconds.toFixed(0)} ms`.padStart(9)
}

/** The error and what it was caused by. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const request = TandemError.isInstance(error) && error.requestId
  const own = `${error.name}: ${error.message}${request ? ` (request ${request})` : ''}`
  return error.cause instanceof Error ? `${own} Caused by ${describe(error.cause)}` : own
}
