export { createTandemTools } from './create-tandem-tools.ts'
export type { ProgressCall, TandemToolsOptions } from './options.ts'
export type {
  ExposablePart,
  FailureOutput,
  OutputArtifact,
  RunningOutput,
  SuccessOutput,
  TandemToolOutput,
} from './output.ts'
export { sessionKey, type SessionContext, type ToolCallOptions } from './session-key.ts'
export type {
  CloseTools,
  TandemTool,
  TandemTools,
  TandemToolSet,
  ToolInputs,
} from './tandem-tool.ts'
export {
  type ApprovalScope,
  toolApproval,
  type ToolApprovalOptions,
  type ToolApprovalPolicy,
} from './tool-approval.ts'
export type {
  ToolArtifact,
  ToolName,
  ToolProgress,
  ToolSession,
  ToolSettings,
} from '@tandem-browser/core/tools'
