import type { Config } from '../config.ts'
import { explainListenFailure } from '../diagnosis/listen-failure.ts'
import { describeFailure } from './failure.ts'

/** A server could not be started; the message is for whoever typed the command. */
export class StartError extends Error {
  override readonly name = 'StartError'

  static from(error: unknown, config: Pick<Config, 'host' | 'port'>): StartError {
    const failure = explainListenFailure(error, config)
    const message = failure ? `${failure.problem} ${failure.advice}` : describeFailure(error)
    return new StartError(message, { cause: error })
  }
}
