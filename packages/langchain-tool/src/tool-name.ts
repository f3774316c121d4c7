import { snakeCase, type ToolName } from '@tandem-browser/core/tools'

/** What a model calls a tool: `tandem_open_page` for `openPage`. */
export function toolName(name: ToolName, prefix = 'tandem_'): string {
  return `${prefix}${snakeCase(name)}`
}
