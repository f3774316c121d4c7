import { runQuietly } from '../setup/child-processes.mjs'
import { ComparisonFailure } from './comparison-failure.ts'

export interface CommandOptions {
  cwd: string
  env?: NodeJS.ProcessEnv
  /** Seconds for this command alone. */
  seconds: number
}

/** Runs commands within one limit for all of them; what still runs at its end is killed. */
export class TimeLimit {
  readonly #minutes: number
  readonly #endsAt: number

  constructor(minutes: number) {
    this.#minutes = minutes
    this.#endsAt = Date.now() + minutes * 60_000
  }

  /** @throws ComparisonFailure when there is no time left, or it takes longer than it may */
  async run(
    command: string,
    args: readonly string[],
    { cwd, env = process.env, seconds }: CommandOptions,
  ): Promise<{ code: number; output: string; stdout: string }> {
    const left = Math.ceil((this.#endsAt - Date.now()) / 1000)
    const deadlineSeconds = Math.min(left, seconds)
    const run =
      left > 0 ? await runQuietly(command, args, { cwd, env, deadlineSeconds }) : undefined
    if (run && !run.timedOut) return run
    const limit =
      deadlineSeconds < seconds
        ? `the comparison took longer than ${this.#minutes} minutes`
        : `it took longer than ${seconds} s`
    throw new ComparisonFailure(`${command} ${args.join(' ')} was stopped: ${limit}.`)
  }
}
