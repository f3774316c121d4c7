import type { ToolMessage } from '@langchain/core/messages'
import { convertToOpenAITool } from '@langchain/core/utils/function_calling'
import { describeConformance } from '@tandem-browser/tool-conformance'
import type { ToolArtifact } from '@tandem-browser/core/tools'
import { TandemToolkit } from '../src/index.ts'

describeConformance('@tandem-browser/langchain-tool', ({ tandem, settings }) => {
  const toolkit = new TandemToolkit({ tandem, settings })
  return {
    definitions: toolkit.tools.map((tool) => {
      const { function: definition } = convertToOpenAITool(tool)
      const { name, description = '', parameters } = definition
      return { tool: tool.tool, name, description, schema: parameters }
    }),
    invoke: async (name, input, { key, signal }) => {
      const tool = toolkit.tools.find((each) => each.tool === name)
      if (!tool) throw new Error(`There is no ${name}.`)
      const call = { type: 'tool_call' as const, id: 'call-1', name: tool.name, args: input }
      const config = { configurable: { thread_id: key }, ...(signal && { signal }) }
      const message = (await tool.invoke(call as never, config)) as unknown as ToolMessage
      const blocks = typeof message.content === 'string' ? [] : message.content
      return {
        text: message.text,
        images: blocks.filter(({ type }) => type === 'image_url').length,
        artifact: message.artifact as ToolArtifact | undefined,
      }
    },
    close: () => toolkit.close(),
  }
})
