import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { KeptAnswers } from '../store/kept-answers.ts'
import { ApiError } from './api-error.ts'
import { ClientGoneError, clientGone } from './client-connection.ts'

/** A call that may carry an `Idempotency-Key`. */
export interface IdempotentCall {
  request: FastifyRequest
  reply: FastifyReply
  /** What is done to what: the same for all addresses that do it. */
  subject: string
  /**
   * Whether it is over when no client waits for it any more, as it is without a key. Otherwise one
   * that carries a key goes on to its end: it may have done something that must not be done twice.
   */
  endsWithClients: boolean
  /** Called when it waits for one that is under way. */
  onJoin?: () => void
}

export interface IdempotentAnswer<Answer> {
  answer: Answer
  /** Whether another call has it been made for. */
  repeated: boolean
}

/** One that is under way. */
interface Running {
  /** What was asked for: the same key must not stand for two things. */
  fingerprint: string
  answer: Promise<unknown>
  /** Clients that wait for it at the moment. */
  waiting: number
  abandoned: AbortController
}

/**
 * Makes calls that carry an `Idempotency-Key` safe to repeat: the same key
 * gives the same answer, also to two at the same time, after an answer that was
 * lost on its way, and after a restart. A call that failed may be tried again.
 */
export class IdempotentCalls {
  readonly #answers: KeptAnswers
  readonly #log: Logger
  readonly #running = new Map<string, Running>()

  constructor(answers: KeptAnswers, log: Logger) {
    this.#answers = answers
    this.#log = log
  }

  /** Calls with a key that are under way. */
  get count(): number {
    return this.#running.size
  }

  /**
   * Runs the task, or gives the answer that the same key has had.
   *
   * @param task Its signal is aborted when the call is over before it is.
   * @throws ApiError when the key is unusable or was used for something else, AnswerLostError
   */
  async run<Answer>(
    call: IdempotentCall,
    task: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<IdempotentAnswer<Answer>> {
    const { request, reply, subject, endsWithClients } = call
    const gone = clientGone(reply)
    const key = readKey(request)
    if (key === undefined) return { answer: await task(gone), repeated: false }

    const owner = request.caller.id
    const fingerprint = fingerprintOf(subject, request.body)
    const known = this.#running.get(`${owner} ${key}`)
    const before = known?.fingerprint ?? this.#answers.fingerprintOf(owner, key)
    if (before !== undefined && before !== fingerprint) {
      throw new ApiError(
        400,
        'This Idempotency-Key was used for another request. Use a new key for a new request.',
      )
    }
    const repeated = before !== undefined
    if (repeated) reply.header('idempotent-replayed', 'true')
    if (repeated && !known) {
      return { answer: (await this.#answers.read(owner, key)) as Answer, repeated }
    }
    if (known) call.onJoin?.()
    const running = known ?? this.#start(owner, key, fingerprint, task)
    running.waiting += 1
    gone.addEventListener('abort', () => {
      running.waiting -= 1
      if (running.waiting === 0 && endsWithClients) running.abandoned.abort(new ClientGoneError())
    })
    return { answer: (await running.answer) as Answer, repeated }
  }

  #start(
    owner: string,
    key: string,
    fingerprint: string,
    task: (signal: AbortSignal) => Promise<unknown>,
  ): Running {
    const name = `${owner} ${key}`
    const abandoned = new AbortController()
    const forget = (): void => {
      if (this.#running.get(name) === running) this.#running.delete(name)
    }
    const answer = task(abandoned.signal)
      // Kept before it is given: whoever has it finds it again.
      .then((value) => this.#keep(owner, key, { fingerprint, answer: value }))
      .finally(forget)
    const running: Running = { fingerprint, answer, waiting: 0, abandoned }
    this.#running.set(name, running)
    // Whoever waits for it hears of a failure; there may be nobody any more.
    answer.catch(() => {})
    // One that is being abandoned must not be found by the repetition that is on its way.
    abandoned.signal.addEventListener('abort', forget)
    return running
  }

  async #keep(
    owner: string,
    key: string,
    kept: { fingerprint: string; answer: unknown },
  ): Promise<unknown> {
    try {
      await this.#answers.keep(owner, key, kept)
    } catch (error) {
      // It was done, and that is what the client has to hear.
      this.#log.error(
        { keyId: owner, err: error },
        'an answer could not be kept for its repetition',
      )
    }
    return kept.answer
  }
}

function fingerprintOf(subject: string, body: unknown): string {
  return createHash('sha256')
    .update(`${subject}\n${JSON.stringify(body ?? {})}`)
    .digest('hex')
}

function readKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new ApiError(400, 'An Idempotency-Key has 1 to 255 printable characters, without spaces.')
}
