import type {
  ErrorResponse,
  ExecutionOutput,
  SessionEvents,
  StreamEvents,
} from '@tandem-browser/core'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Milliseconds between comments that keep proxies from closing a silent stream. */
const keepAliveInterval = 15_000

/** Whether the client asked for server-sent events. */
export function wantsEventStream(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/event-stream')
}

/** Everything that is told as an event, by its name. */
type Events = StreamEvents & SessionEvents

/** One answer as server-sent events, each with a JSON object as its data. */
export class EventStream {
  readonly #reply: FastifyReply
  readonly #keepAlive: NodeJS.Timeout

  /** Sends the head of the answer: from here on, failures are events. */
  constructor(reply: FastifyReply) {
    this.#reply = reply
    const headers = reply.getHeaders() as Record<string, string>
    reply.hijack()
    reply.raw.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Reverse proxies that buffer would deliver everything at the end.
      'x-accel-buffering': 'no',
    })
    reply.raw.flushHeaders()
    this.#keepAlive = setInterval(() => this.#write(': keep-alive\n\n'), keepAliveInterval)
    reply.raw.once('close', () => clearInterval(this.#keepAlive))
  }

  send<Name extends keyof Events>(name: Name, data: Events[Name]): void {
    this.#write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  /** What was printed, for whoever comes when it has been. */
  repeat({ stdout, stderr }: ExecutionOutput): void {
    if (stdout !== '') this.send('stdout', { text: stdout })
    if (stderr !== '') this.send('stderr', { text: stderr })
  }

  fail(status: number, body: ErrorResponse): void {
    this.send('error', { ...body, status })
  }

  end(): void {
    clearInterval(this.#keepAlive)
    this.#reply.raw.end()
  }

  #write(text: string): void {
    if (!this.#reply.raw.destroyed) this.#reply.raw.write(text)
  }
}
