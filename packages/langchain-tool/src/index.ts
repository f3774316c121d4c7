export { interruptOn, type InterruptOnOptions, type InterruptOnTool } from './interrupt-on.ts'
export type { ProgressCall, TandemToolsOptions } from './options.ts'
export { sessionKey } from './session-key.ts'
export { TandemTool, type TandemToolInput } from './tandem-tool.ts'
export { createTandemTools, TandemToolkit, type TandemTools } from './toolkit.ts'
export type {
  ToolArtifact,
  ToolName,
  ToolProgress,
  ToolSession,
  ToolSettings,
} from '@tandem-browser/core/tools'
