import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What the model says next, and calls. */
export interface ScriptedReply {
  text: string
  calls?: readonly { name: string; args: object }[]
}

interface ChatMessage {
  role: string
  content?: unknown
}

/**
 * A server that speaks OpenAI's Chat Completions and plays a model, for the official clients of it. It
 * keeps the body of every request: all that a provider would get to know.
 */
export class ScriptedProvider implements AsyncDisposable {
  readonly url: string
  readonly requests: string[] = []
  readonly #server: Server
  readonly #next: (answer: string) => ScriptedReply

  private constructor(server: Server, next: (answer: string) => ScriptedReply) {
    this.#server = server
    this.#next = next
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        const reply = this.#reply(body)
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
      })
    })
  }

  /** @param next gets the answer of the last tool and says what the model does with it */
  static async start(next: (answer: string) => ScriptedReply): Promise<ScriptedProvider> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ScriptedProvider(server, next)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #reply(body: string): object {
    this.requests.push(body)
    const { messages } = JSON.parse(body) as { messages: ChatMessage[] }
    const last = messages.at(-1)
    const { text: content, calls = [] } = this.#next(last?.role === 'tool' ? textOf(last) : '')
    const step = this.requests.length
    const toolCalls = calls.map(({ name, args }, index) => ({
      id: `call-${step}-${index}`,
      type: 'function',
      function: { name, arguments: JSON.stringify(args) },
    }))
    return {
      ...{ id: `answer-${step}`, object: 'chat.completion', created: 0, model: 'scripted' },
      choices: [
        {
          index: 0,
          finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
          message: {
            role: 'assistant',
            content,
            ...(calls.length > 0 && { tool_calls: toolCalls }),
          },
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    }
  }
}

function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content
  const parts = Array.isArray(content) ? (content as { text?: string }[]) : []
  return parts.map(({ text: part }) => part ?? '').join('\n')
}
