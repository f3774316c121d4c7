import type { ToolArtifact, ToolName } from '@tandem-browser/core/tools'
import { describeConformance } from '@tandem-browser/tool-conformance'
import { generateText, stepCountIs } from 'ai'
import { createTandemTools, type TandemToolOutput } from '../src/index.ts'
import { inConversation } from './support/in-conversation.ts'
import { major, scriptedModel } from './support/scripted-model.ts'

describeConformance(`@tandem-browser/ai-sdk-tool with AI SDK ${major}`, async (options) => {
  const tools = createTandemTools({ ...options, approval: 'none' })
  const asked = scriptedModel()
  await generateText({ model: asked.model, prompt: 'Which tools are there?', tools })
  return {
    definitions: (asked.calls[0]?.tools ?? []).map(({ name, description, inputSchema }) => ({
      ...{ tool: name as ToolName, name, description, schema: inputSchema },
    })),
    invoke: async (tool, input, { key, signal }) => {
      const { model, results } = scriptedModel([{ tool, input }])
      const { steps } = await generateText({
        ...{ model, tools, prompt: 'Call it.', stopWhen: stepCountIs(2) },
        ...(signal && { abortSignal: signal }),
        ...inConversation(key),
      })
      const content = steps[0]?.content ?? []
      const isInvalid = content.some((part) => part.type === 'tool-call' && part.invalid)
      const failure = content.find((part) => part.type === 'tool-error')
      if (failure && !isInvalid) throw failure.error
      const [result] = steps[0]?.toolResults ?? []
      const [read] = results()
      return {
        text: read?.text ?? '',
        images: read?.pictures.length ?? 0,
        artifact: (result?.output as TandemToolOutput | undefined)?.artifact as ToolArtifact,
      }
    },
    close: () => tools.close(),
  }
})
