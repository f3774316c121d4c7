import type { Tandem } from '@tandem-browser/core'
import type { ToolArtifact, ToolName, ToolSettings } from '@tandem-browser/core/tools'

/** A package of tools, as the suite needs it. */
export interface Adapter {
  /** What a model is told of each tool. */
  definitions: readonly AdapterDefinition[]
  /**
   * Calls a tool as a model would, with whatever input. An input that the framework itself refuses
   * is an answer, with what the model reads then. Rejects with what the tool throws.
   */
  invoke(tool: ToolName, input: unknown, options: InvokeOptions): Promise<AdapterAnswer>
  /** Ends all sessions. */
  close(): Promise<void>
}

export interface AdapterDefinition {
  tool: ToolName
  /** As the model knows it. */
  name: string
  description: string
  /** JSON Schema of the input, as a provider gets it. */
  schema: unknown
}

export interface InvokeOptions {
  /** Names the conversation. */
  key: string
  signal?: AbortSignal
}

export interface AdapterAnswer {
  /** All text that the model reads. */
  text: string
  /** Pictures that the model sees. */
  images: number
  /** What the application gets and the model does not; missing when the framework refused the input. */
  artifact: ToolArtifact | undefined
}

/** Makes the tools of a package for a client. */
export type MakeAdapter = (options: {
  tandem: Tandem
  settings?: ToolSettings
}) => Adapter | Promise<Adapter>
