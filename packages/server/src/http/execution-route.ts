import type {
  ExecuteRequest,
  ExecutionOutput,
  InteractResponse,
  Language,
} from '@tandem-browser/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Session } from '../sessions/session.ts'
import { ApiError } from './api-error.ts'
import { isDefect, toApiError } from './error-mapping.ts'
import { EventStream, wantsEventStream } from './event-stream.ts'
import type { IdempotentCalls } from './idempotent-calls.ts'

/** What a prompt is answered with. */
export const noModel =
  'Prompts are not available: this server has no model to follow them. TANDEM_MODEL will name one when ' +
  'Tandem has an agent for it, which this version has not. Send code, or let a model of your own drive the session with the tools of ' +
  '@tandem-browser/ai-sdk-tool or @tandem-browser/langchain-tool.'

/** Seconds until an execution is killed when the request does not say. */
const defaultTimeout = 30

type ExecutionAnswer = { success: true } & ExecutionOutput

/** What both routes that run something have in common. */
export interface ExecutionTask {
  request: FastifyRequest
  reply: FastifyReply
  body: Omit<ExecuteRequest, 'code'> & { code?: string | undefined; prompt?: string | undefined }
  calls: IdempotentCalls
  /** Where it is run, for an `Idempotency-Key`. */
  subject: string
  /**
   * Finds or makes the session.
   *
   * @param task.assertRunnable To be called before one is made: it throws when there is nothing that could be run.
   */
  session: (task: { assertRunnable: () => void }) => Promise<Session>
  /** Makes the answer out of what the execution left behind. */
  answer: (output: ExecutionOutput, session: Session) => ExecutionAnswer | InteractResponse
}

/**
 * Runs an execution and answers with it: as one JSON object, or as events
 * while it goes on. A client that goes away takes its execution with it, unless
 * it carries a key: then it is done, once, and can be asked for.
 */
export async function answerExecution(task: ExecutionTask): Promise<unknown> {
  const { request, reply, calls, subject } = task
  let stream: EventStream | undefined
  const open = (): void => {
    if (wantsEventStream(request)) stream = new EventStream(reply)
  }
  const call = { request, reply, subject, endsWithClients: false, onJoin: open }
  try {
    const { answer, repeated } = await calls.run(call, async (signal) => {
      const session = await task.session({ assertRunnable: () => void runnableCode(task.body) })
      request.sessionId = session.id
      // After all that can be said of the session itself: what has ended has ended for prompts, too.
      const code = runnableCode(task.body)
      open()
      const output = await session.execute({
        ...parameters(task, code),
        signal,
        onStdout: (text) => stream?.send('stdout', { text }),
        onStderr: (text) => stream?.send('stderr', { text }),
      })
      return task.answer(output, session)
    })
    if (!wantsEventStream(request)) return answer
    stream ??= new EventStream(reply)
    if (repeated) stream.repeat(answer)
    stream.send('result', answer)
  } catch (error) {
    if (!stream) throw error
    const failure = toApiError(error)
    if (isDefect(error, failure)) request.log.error({ err: error }, 'execution failed')
    stream.fail(failure.status, failure.toBody())
  } finally {
    stream?.end()
  }
  return reply
}

function parameters(
  { body }: ExecutionTask,
  code: string,
): { code: string; language: Language; timeout: number } {
  return {
    code,
    language: body.language ?? 'node',
    timeout: (body.timeout ?? defaultTimeout) * 1000,
  }
}

/** @throws ApiError for what this server cannot run. */
function runnableCode({ code, prompt }: ExecutionTask['body']): string {
  if (code === undefined || prompt !== undefined) {
    throw new ApiError(503, noModel)
  }
  return code
}
