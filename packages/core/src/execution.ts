import { BrowserUrls } from './browser-urls.ts'
import { setDefined } from './defined.ts'
import type { Answer } from './transport.ts'
import type { ExecutionOutput, InteractResponse } from './types.ts'

/**
 * What one run of code, or one prompt, left behind. `ok` says whether it
 * succeeded, however the endpoint words that. The URLs are known only to
 * `interact`, and are not printed.
 */
export class Execution extends BrowserUrls implements ExecutionOutput {
  /** False when the code failed, or was killed by its timeout. */
  declare readonly ok: boolean
  declare readonly stdout: string
  declare readonly stderr: string
  /** node: the value of the last expression; python and bash: the stdout. */
  declare readonly result: string
  /** 0 when the code ended well. */
  declare readonly exitCode: number
  /** Whether it was killed by its timeout. */
  declare readonly killed: boolean
  /** Whether the server cut an output. */
  declare readonly truncated: boolean
  /** What went wrong; only when not `ok`. */
  declare readonly error?: string
  /** The agent's answer to a prompt. */
  declare readonly output?: string
  /** The session of the scrape; only of `interact`. */
  declare readonly sessionId?: string
  /** `X-Request-Id` of the answer. */
  declare readonly requestId?: string

  constructor({ data, requestId }: Answer<Partial<InteractResponse>>) {
    super(data)
    const { stdout = '', stderr = '', result = '', killed = false, truncated = false } = data
    const { output, sessionId } = data
    const ok = data.success !== false && !data.error && !data.exitCode && !killed
    const { exitCode = ok ? 0 : 1 } = data
    const error = ok ? undefined : data.error || stderr || 'Execution failed'
    const outcome = { ok, stdout, stderr, result, exitCode, killed, truncated, error, output }
    setDefined(this, { ...outcome, sessionId, requestId })
  }
}

/** An execution in the session of a scrape. */
export interface Interaction extends Execution {
  readonly sessionId: string
}
