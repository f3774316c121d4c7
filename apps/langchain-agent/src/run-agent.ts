import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages'
import { Command, MemorySaver } from '@langchain/langgraph'
import type { Tandem } from '@tandem-browser/core'
import { createTandemTools, interruptOn, type ToolProgress } from '@tandem-browser/langchain-tool'
import { createAgent, type HITLRequest, humanInTheLoopMiddleware } from 'langchain'

/** What an agent needs of the person at the terminal. */
export interface Person {
  /** Shows a line. */
  tell(line: string): void
  /** Whether what is described may be done. */
  approve(description: string): Promise<boolean>
}

export interface AgentRun {
  tandem: Tandem
  model: BaseChatModel
  task: string
  person: Person
  /** Whether the model takes pictures from tools. Default: true. */
  seesPictures?: boolean | undefined
  /** Ends the run, here and on the server. */
  signal?: AbortSignal
}

/** A model that does not find its way is stopped then. */
const recursionLimit = 150

/**
 * Lets an agent do a task in a browser session of its own, tells each step, and asks before code.
 *
 * @returns the closing words of the model
 */
export async function runAgent(run: AgentRun): Promise<string> {
  const { tandem, model, task, person, seesPictures = true, signal } = run
  const tools = createTandemTools({
    tandem,
    // The server of this app has no model of its own to delegate to.
    tools: ['openPage', 'readPage', 'act', 'screenshot', 'executeCode'],
    screenshots: seesPictures ? 'content' : 'artifact',
  })
  try {
    const agent = createAgent({
      model,
      tools,
      checkpointer: new MemorySaver(),
      middleware: [humanInTheLoopMiddleware({ interruptOn: interruptOn() })],
    })
    const config = { configurable: { thread_id: 'agent' }, recursionLimit, signal }

    let input: { messages: BaseMessage[] } | Command = { messages: [new HumanMessage(task)] }
    let closing = ''
    // The middleware that asks passes the message of the model on once more.
    const seen = new Set<string | undefined>()
    for (;;) {
      let request: HITLRequest | undefined
      const stream = await agent.stream(input, { ...config, streamMode: ['updates', 'tools'] })
      for await (const [mode, chunk] of stream as AsyncIterable<[string, unknown]>) {
        if (mode === 'tools') tellTool(chunk as ToolEvent, person)
        else {
          request = requestIn(chunk) ?? request
          for (const message of messagesIn(chunk)) {
            if (seen.has(message.id)) continue
            seen.add(message.id)
            closing = tellModel(message, person) ?? closing
          }
        }
      }
      if (!request) return closing
      input = new Command({ resume: { decisions: await decide(request, person) } })
    }
  } finally {
    await tools.close()
  }
}

interface ToolEvent {
  event: string
  data?: unknown
}

/** What goes on inside a tool. */
function tellTool({ event, data }: ToolEvent, person: Person): void {
  if (event !== 'on_tool_event') return
  const progress = data as ToolProgress
  // Where the session can be watched is for an application with a place to show it.
  if (progress.type === 'step') person.tell(`    ${progress.message}`)
}

/** What the model says and calls; returned when it calls nothing more. */
function tellModel(
  { text, tool_calls: calls = [] }: AIMessage,
  person: Person,
): string | undefined {
  if (calls.length === 0) return text
  if (text) person.tell(text)
  for (const { name } of calls) person.tell(`  ${name}`)
  return undefined
}

function messagesIn(chunk: unknown): AIMessage[] {
  const updates = Object.values(chunk as Record<string, { messages?: unknown } | undefined>)
  return updates
    .flatMap((update) => update?.messages ?? [])
    .filter((message) => AIMessage.isInstance(message))
}

function requestIn(chunk: unknown): HITLRequest | undefined {
  const interrupts = (chunk as { __interrupt__?: { value: HITLRequest }[] }).__interrupt__
  return interrupts?.[0]?.value
}

async function decide({ actionRequests }: HITLRequest, person: Person): Promise<object[]> {
  const decisions: object[] = []
  for (const { name, description = name } of actionRequests) {
    const isApproved = await person.approve(description)
    person.tell(isApproved ? '    approved' : '    refused')
    decisions.push(
      isApproved
        ? { type: 'approve' }
        : { type: 'reject', message: 'The user does not want this code to run. Do without it.' },
    )
  }
  return decisions
}
