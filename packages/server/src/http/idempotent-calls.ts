import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from './api-error.ts'
import { ClientGoneError, clientGone } from './client-connection.ts'

/** Milliseconds for which an answer is kept. A client has given up long before. */
const retention = 10 * 60 * 1000

/** Answers that are kept at the most; the oldest goes first. */
const maximumAnswers = 10_000

interface Call {
  /** What was asked for: the same key must not stand for two things. */
  fingerprint: string
  answer: Promise<unknown>
  /** Clients that wait for it at the moment. */
  waiting: number
  settled: boolean
  abandoned: AbortController
}

/**
 * One kind of call, whatever its address is named.
 *
 * Makes calls that carry an `Idempotency-Key` safe to repeat: the same key
 * gives the same answer, also to two at the same time and after an answer that
 * was lost on its way. A call that failed may be tried again.
 */
export class IdempotentCalls {
  readonly #calls = new Map<string, Call>()

  /**
   * Runs the task, or gives the answer that the same key has had.
   *
   * @param task Its signal is aborted when no client waits for it any more.
   * @throws ApiError when the key is unusable or was used for something else
   */
  async run<Answer>(
    request: FastifyRequest,
    reply: FastifyReply,
    task: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const gone = clientGone(reply)
    const key = readKey(request)
    if (key === undefined) return task(gone)
    const name = `${request.caller.id} ${key}`
    const fingerprint = createHash('sha256')
      .update(JSON.stringify(request.body ?? {}))
      .digest('hex')
    const call = this.#calls.get(name) ?? this.#start(name, fingerprint, task)
    if (call.fingerprint !== fingerprint) {
      throw new ApiError(
        400,
        'This Idempotency-Key was used with another body. Use a new key for a new request.',
      )
    }
    call.waiting += 1
    gone.addEventListener('abort', () => {
      call.waiting -= 1
      // The answer is kept for a client that has lost it.
      if (call.waiting === 0 && !call.settled) call.abandoned.abort(new ClientGoneError())
    })
    return call.answer as Promise<Answer>
  }

  #start(name: string, fingerprint: string, task: (signal: AbortSignal) => Promise<unknown>): Call {
    const abandoned = new AbortController()
    const answer = task(abandoned.signal).finally(() => {
      call.settled = true
    })
    const call: Call = { fingerprint, answer, waiting: 0, settled: false, abandoned }
    this.#calls.set(name, call)
    const oldest = this.#calls.keys().next()
    if (this.#calls.size > maximumAnswers && !oldest.done) this.#calls.delete(oldest.value)
    const forget = (): void => {
      if (this.#calls.get(name) === call) this.#calls.delete(name)
    }
    // One that is being abandoned must not be found by the repetition that is on its way.
    abandoned.signal.addEventListener('abort', forget)
    call.answer.then(() => setTimeout(forget, retention).unref(), forget)
    return call
  }
}

function readKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new ApiError(400, 'An Idempotency-Key has 1 to 255 printable characters, without spaces.')
}
