import type {
  ExecuteRequest,
  ExecutionOutput,
  InteractResponse,
  Language,
} from '@tandem-browser/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Session } from '../sessions/session.ts'
import { ApiError } from './api-error.ts'
import { clientGone } from './client-connection.ts'
import { isDefect, toApiError } from './error-mapping.ts'
import { EventStream, wantsEventStream } from './event-stream.ts'

/** Seconds until an execution is killed when the request does not say. */
const defaultTimeout = 30

type ExecutionAnswer = { success: true } & ExecutionOutput

/** What both routes that run something have in common. */
export interface ExecutionTask {
  request: FastifyRequest
  reply: FastifyReply
  body: Omit<ExecuteRequest, 'code'> & { code?: string | undefined; prompt?: string | undefined }
  /** Finds or makes the session. */
  session: (signal: AbortSignal) => Promise<Session>
  /** Makes the answer out of what the execution left behind. */
  answer: (output: ExecutionOutput, session: Session) => ExecutionAnswer | InteractResponse
}

/**
 * Runs an execution and answers with it: as one JSON object, or as events
 * while it goes on. A client that goes away takes its execution with it.
 */
export async function answerExecution(task: ExecutionTask): Promise<unknown> {
  const { request, reply } = task
  const code = runnableCode(task.body)
  const signal = clientGone(reply)
  const session = await task.session(signal)
  if (!wantsEventStream(request)) {
    const output = await session.execute({ ...parameters(task, code), signal })
    return task.answer(output, session)
  }
  const stream = new EventStream(reply)
  try {
    const output = await session.execute({
      ...parameters(task, code),
      signal,
      onStdout: (text) => stream.send('stdout', { text }),
      onStderr: (text) => stream.send('stderr', { text }),
    })
    stream.send('result', task.answer(output, session))
  } catch (error) {
    const failure = toApiError(error)
    if (isDefect(error, failure)) request.log.error({ err: error }, 'execution failed')
    stream.fail(failure.status, failure.toBody())
  } finally {
    stream.end()
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
    throw new ApiError(503, 'Prompts are not available: this server has no model to follow them.')
  }
  return code
}
