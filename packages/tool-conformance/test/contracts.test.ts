import { SessionPool } from '@tandem-browser/core/pool'
import { snakeCase, tools } from '@tandem-browser/core/tools'
import { describeConformance } from '../src/describe-conformance.ts'

const rename = (name: string): string => `tandem_${snakeCase(name)}`

describeConformance('the contract of the tools', ({ tandem, settings }) => {
  const pool = new SessionPool({ tandem })
  return {
    definitions: Object.values(tools).map((tool) => ({
      tool: tool.name,
      name: rename(tool.name),
      description: tool.describe(rename),
      schema: tool.inputSchema,
    })),
    invoke: async (tool, input, { key, signal }) => {
      const context = { pool, key, signal, rename, settings }
      const { text, images, artifact } = await tools[tool].execute(input, context)
      return { text, images: images.length, artifact }
    },
    close: () => pool.close(),
  }
})
