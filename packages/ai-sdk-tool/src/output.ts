import type {
  ToolArtifact,
  ToolExecution,
  ToolFailureCode,
  ToolImage,
  ToolName,
  ToolPage,
  ToolResult,
  ToolSession,
} from '@tandem-browser/core/tools'

/** What a tool yields: how far it is, again and again, and at last how it ended. */
export type TandemToolOutput = RunningOutput | SuccessOutput | FailureOutput

/** A preliminary result. No model reads it. */
export interface RunningOutput {
  status: 'running'
  /** What was begun, in words for a person; the last ones. */
  steps: string[]
  /** What code has printed; the end of it. */
  stdout: string
  stderr: string
  artifact: OutputArtifact
}

interface FinishedOutput {
  /** All that the model reads. */
  text: string
  /** Only when there is more to read: `offset` of the next call. */
  nextOffset?: number
  artifact: OutputArtifact
}

export interface SuccessOutput extends FinishedOutput {
  status: 'ok'
}

/** The task failed in a way that a model can act on. */
export interface FailureOutput extends FinishedOutput {
  status: 'error'
  code: ToolFailureCode
}

/**
 * For the application, never for the model. In the process that runs the tool all of it is there. Of
 * what is not in `expose` nothing is in the JSON that is streamed and stored.
 */
export interface OutputArtifact {
  tool: ToolName
  /** Without its URLs in JSON, unless `session` is exposed. Missing when the tool failed before there was one. */
  session?: Pick<ToolSession, 'id'> & Partial<ToolSession>
  /** Whether the session before this one was lost, and with it its page. */
  replaced?: boolean
  /** The page as the tool left it. */
  page?: ToolPage
  /** The execution of `executeCode` and `delegate`; not in JSON unless `execution` is exposed. */
  execution?: ToolExecution
  /** The picture of `screenshot`; not in JSON unless `screenshot` is exposed. */
  screenshot?: ToolImage
}

/** A part of the artifact that is in JSON only when it is asked for. */
export type ExposablePart = 'session' | 'execution' | 'screenshot'

/** Characters of one text of an execution in JSON; the text for the model has as many when nobody says. */
const longestText = 20_000

/** A result as an output. */
export function outputOf(
  result: ToolResult,
  expose: readonly ExposablePart[],
): SuccessOutput | FailureOutput {
  const { text, nextOffset } = result
  const parts = {
    ...{ text, artifact: artifactOf(result.artifact, expose) },
    ...(nextOffset !== undefined && { nextOffset }),
  }
  return result.status === 'ok'
    ? { status: 'ok', ...parts }
    : { status: 'error', code: result.code, ...parts }
}

/** An artifact that keeps out of JSON what is not exposed. */
export function artifactOf(
  { session, execution, screenshot, ...rest }: ToolArtifact,
  expose: readonly ExposablePart[],
): OutputArtifact {
  const artifact: OutputArtifact = { ...rest }
  if (session) {
    const { id, ...urls } = session
    artifact.session = { id }
    setParts(artifact.session, urls, expose.includes('session'))
  }
  if (execution) {
    const isExposed = expose.includes('execution')
    setParts(artifact, { execution: isExposed ? bound(execution) : execution }, isExposed)
  }
  if (screenshot) setParts(artifact, { screenshot }, expose.includes('screenshot'))
  return artifact
}

/** Adds properties, which neither JSON nor a copy has unless they are enumerable. */
function setParts<Target extends object>(
  target: Target,
  parts: Partial<Target>,
  enumerable: boolean,
): void {
  for (const [name, value] of Object.entries(parts)) {
    Object.defineProperty(target, name, { value, enumerable, configurable: true, writable: true })
  }
}

/** An execution that is not too large for a message. */
function bound(execution: ToolExecution): ToolExecution {
  let isCut = false
  const cut = (text: string): string => {
    if (text.length <= longestText) return text
    isCut = true
    return lastPart(text, longestText)
  }
  const { stdout, stderr, result, output, error } = execution
  const bounded: ToolExecution = {
    ...execution,
    ...{ stdout: cut(stdout), stderr: cut(stderr), result: cut(result) },
    ...(output !== undefined && { output: cut(output) }),
    ...(error !== undefined && { error: cut(error) }),
  }
  return isCut ? { ...bounded, truncated: true } : bounded
}

/** The end of a text, which no character is split for. */
export function lastPart(text: string, characters: number): string {
  const end = text.slice(-characters)
  return /^[\uDC00-\uDFFF]/.test(end) ? end.slice(1) : end
}
