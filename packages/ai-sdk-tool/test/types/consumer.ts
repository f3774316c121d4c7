import {
  generateText,
  type InferUITools,
  type LanguageModel,
  streamText,
  ToolLoopAgent,
  type ToolSet,
  type UIMessage,
} from 'ai'
import {
  createTandemTools,
  type RunningOutput,
  type TandemToolOutput,
  type TandemTools,
  type TandemToolSet,
} from '../../src/index.ts'

// What an application writes, to be checked with either major of the AI SDK. It does not run.

export async function useTools(model: LanguageModel): Promise<void> {
  await using tools: TandemTools = createTandemTools({ sessionKey: 'x' })
  const set: ToolSet = tools
  void streamText({ model, prompt: 'x', tools: { ...tools, ...set } })
  void new ToolLoopAgent({ model, tools })

  const { steps } = await generateText({ model, prompt: 'x', tools })
  for (const result of steps.flatMap(({ toolResults }) => toolResults)) {
    if (result.dynamic || result.toolName !== 'openPage') continue
    const input: { url: string } = result.input
    const output: TandemToolOutput = result.output
    void [input, output]
  }
  for await (const output of tools.act.execute({ action: 'back' })) {
    if (output.status === 'running') void (output satisfies RunningOutput)
  }
  await tools.close({ timeout: 1_000 })
}

export function chooseTools(): void {
  const some = createTandemTools({ tools: ['openPage', 'act'] })
  void some.act
  // @ts-expect-error it was not chosen
  void some.executeCode
  // @ts-expect-error there is no such tool
  createTandemTools({ tools: ['readMind'] })
}

type ChatMessage = UIMessage<never, never, InferUITools<TandemToolSet>>

export function textOf({ parts }: ChatMessage): string[] {
  return parts.flatMap((part) =>
    part.type === 'tool-readPage' &&
    part.state === 'output-available' &&
    part.output.status !== 'running'
      ? [part.output.text]
      : [],
  )
}
