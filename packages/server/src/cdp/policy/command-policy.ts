import { type CdpMessage, cdpErrorCode } from '../message.ts'
import {
  type Parameters,
  type PolicyAction,
  type PolicyContext,
  PolicyRefusal,
  type PolicyRows,
} from './action.ts'
import {
  allowedRows,
  browserRows,
  machineRows,
  navigationRows,
  targetRows,
} from './browser-rows.ts'
import { PolicyCounters } from './counters.ts'
import { fileRows } from './file-rows.ts'
import { knownDomains } from './known-domains.ts'
import { WorkFolder, type WorkFolderPaths } from './work-folder.ts'

/**
 * What is not passed on as it comes, and what was looked at and is. Everything
 * else is passed on too: a client may do with its session's browser what it
 * likes. A row of a method goes before one of its domain.
 *
 * Never the only wall: the sandbox keeps the browser from files, and the
 * egress proxy from networks, whatever gets past this table.
 */
export const policyRows: PolicyRows = {
  ...browserRows,
  ...targetRows,
  ...navigationRows,
  ...fileRows,
  ...machineRows,
  ...allowedRows,
}

const rows = new Map<string, PolicyAction>(Object.entries(policyRows))

/** What becomes of one command. */
export type Decision =
  | { kind: 'forward'; parameters: Parameters | undefined }
  | { kind: 'disconnect' }
  | { kind: 'refuse'; error: NonNullable<CdpMessage['error']> }

export interface CommandPolicyOptions {
  /** The folder that the session's browser and kernels share. */
  work: WorkFolderPaths
  /** Where to count; may be shared by many sessions. */
  counters?: PolicyCounters | undefined
}

/** Applies the table to the commands of one session's clients. */
export class CommandPolicy {
  readonly counters: PolicyCounters
  readonly work: WorkFolder
  readonly #context: PolicyContext

  constructor({ work, counters = new PolicyCounters() }: CommandPolicyOptions) {
    this.counters = counters
    this.work = new WorkFolder(work)
    this.#context = { work: this.work }
  }

  decide(method: string, parameters: Parameters | undefined): Decision {
    const domain = method.slice(0, Math.max(0, method.indexOf('.')))
    const name = rows.has(method) ? method : `${domain}.*`
    const action = rows.get(name)
    if (!action) {
      if (!knownDomains.has(domain)) this.counters.countUnknownDomain(domain)
      return { kind: 'forward', parameters }
    }
    if (action.kind === 'allow') return { kind: 'forward', parameters }
    if (action.kind === 'disconnect') return { kind: 'disconnect' }
    if (action.kind === 'refuse') return this.#refuse(name, method, action.reason)
    try {
      return { kind: 'forward', parameters: action.parameters(parameters ?? {}, this.#context) }
    } catch (error) {
      if (!(error instanceof PolicyRefusal)) throw error
      return this.#refuse(name, method, error.message)
    }
  }

  #refuse(row: string, method: string, reason: string): Decision {
    this.counters.countRefusal(row)
    const message = `${method} is not allowed here. ${reason}`
    return { kind: 'refuse', error: { code: cdpErrorCode.refused, message } }
  }
}
