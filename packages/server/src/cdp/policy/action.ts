import type { WorkFolder } from './work-folder.ts'

/** Parameters of a command, as a client sent them. */
export type Parameters = Record<string, unknown>

/** What a rule needs to know of the session that a command is for. */
export interface PolicyContext {
  /** The folder that the session's browser and kernels share. */
  work: WorkFolder
}

/**
 * What happens to a client's command. The reason is what a refused client
 * reads after "… is not allowed here.", and what the documentation says.
 */
export type PolicyAction =
  /** Passed on as it is: a decision, and no omission. */
  | { kind: 'allow'; reason: string }
  /** Answered here; Chromium never sees it. The client is disconnected afterwards. */
  | { kind: 'disconnect'; reason: string }
  /** Never passed on. */
  | { kind: 'refuse'; reason: string }
  /** Passed on with other parameters, or not at all: a rule throws PolicyRefusal then. */
  | {
      kind: 'limit'
      reason: string
      parameters: (parameters: Parameters, context: PolicyContext) => Parameters
    }

/** Rows of the policy, by method, or by domain as `Domain.*`. */
export type PolicyRows = Readonly<Record<string, PolicyAction>>

/** A command goes too far. The message says what to do instead. */
export class PolicyRefusal extends Error {
  override name = 'PolicyRefusal'
}
