import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the model says: a call of a tool, words, or a refusal by HTTP status. */
export type ModelAnswer = { tool: string; input: object } | { text: string } | { status: number }

export interface ModelServer extends AsyncDisposable {
  /** For OPENAI_BASE_URL. */
  url: string
  /** The bodies of the requests so far. */
  requests: string[]
}

/** A server that speaks OpenAI's chat completions, and gives these answers one after the other. */
export async function startModelServer(answers: readonly ModelAnswer[]): Promise<ModelServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      const answer = answers[requests.push(body) - 1] ?? { status: 500 }
      if ('status' in answer) {
        response.writeHead(answer.status, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ error: { message: 'Incorrect key: sk-test-secret' } }))
        return
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const choice of choicesOf(answer)) {
        const chunk = { id: 'c', object: 'chat.completion.chunk', created: 0, model: 'm' }
        response.write(`data: ${JSON.stringify({ ...chunk, choices: [choice] })}\n\n`)
      }
      response.end('data: [DONE]\n\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function choicesOf(answer: Exclude<ModelAnswer, { status: number }>): object[] {
  if ('text' in answer) {
    return [
      { index: 0, delta: { role: 'assistant', content: answer.text } },
      { index: 0, delta: {}, finish_reason: 'stop' },
    ]
  }
  const call = { name: answer.tool, arguments: JSON.stringify(answer.input) }
  return [
    {
      index: 0,
      delta: { tool_calls: [{ index: 0, id: 'call', type: 'function', function: call }] },
    },
    { index: 0, delta: {}, finish_reason: 'tool_calls' },
  ]
}
