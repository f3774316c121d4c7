import { ConnectionError, ValidationError } from './errors.ts'
import { Execution } from './execution.ts'
import type { ExecutionInput } from './options.ts'
import type { Transport } from './transport.ts'
import type { StreamEvents } from './types.ts'

/** What a streamed execution reports, in order; `result` comes last, once. */
export type ExecutionEvent<Result extends Execution = Execution> =
  | { type: 'stdout'; text: string }
  | { type: 'stderr'; text: string }
  /** A command of the prompt agent, and what it gave. */
  | ({ type: 'step' } & StreamEvents['step'])
  | { type: 'result'; execution: Result }

/** The events of an execution. Nothing is sent before the first is asked for; leaving the loop ends the call. */
export type ExecutionStream<Result extends Execution = Execution> = AsyncGenerator<
  ExecutionEvent<Result>,
  void,
  undefined
>

/** No prompt outlives its session, and no session lives longer than this. Milliseconds. */
const longestSession = 3_600_000
/** Node's fetch gives up on a server that is silent for 300 s; beyond this many seconds we stream. */
const longestSilence = 240

/** Runs code or a prompt to its end. */
export async function run(
  transport: Transport,
  path: string[],
  input: ExecutionInput,
): Promise<Execution> {
  const streaming = !input.code || (input.timeout ?? 0) > longestSilence
  let execution: Execution | undefined
  for await (const event of stream(transport, path, input, streaming)) {
    if (event.type === 'result') execution = event.execution
  }
  return execution as Execution
}

/**
 * Runs code or a prompt and yields what happens, ending with `result` or an
 * error. It is never made twice: only one with a key is sent again when the
 * server may have it already.
 */
export async function* stream(
  transport: Transport,
  path: string[],
  { signal, idempotencyKey, ...input }: ExecutionInput,
  streaming = true,
): ExecutionStream {
  if (!input.code?.trim() === !input.prompt?.trim()) {
    throw new ValidationError("Give either 'code' or 'prompt', and not a blank one.")
  }
  const serverTime = input.prompt ? longestSession : (input.timeout ?? 30) * 1000
  for await (const { event, ...answer } of transport.events(
    // The first call on a scrape reaches its page again before it runs anything.
    {
      method: 'POST',
      path,
      body: input,
      idempotencyKey,
      signal,
      serverTime: serverTime + (path[0] === 'scrape' ? 160_000 : 0),
    },
    streaming,
  )) {
    if (event === 'stdout' || event === 'stderr' || event === 'step') {
      yield { ...answer.data, type: event } as ExecutionEvent
    } else if (event === 'error') {
      throw transport.eventError(answer)
    } else if (event === 'result' || event === 'json') {
      const execution = new Execution(answer)
      if (event === 'json') {
        // The server does not stream; its outputs arrive in one piece each.
        for (const type of ['stdout', 'stderr'] as const) {
          if (execution[type]) yield { type, text: execution[type] }
        }
      }
      yield { type: 'result', execution }
      return
    }
  }
  throw new ConnectionError(
    'The stream ended without a result. The server may have done it all the same.',
  )
}
