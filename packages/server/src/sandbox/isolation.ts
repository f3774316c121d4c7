import type { SupervisedProcess } from './supervised-process.ts'

/** A process that the server wants to run apart from itself. */
export interface ProcessSpecification {
  /** What it is for, in logs and counters. */
  role: 'browser' | 'kernel'
  /** The session that it belongs to. */
  sessionId: string
  command: string
  arguments: string[]
  /** The whole environment: nothing of the server's own is added. */
  environment: Record<string, string>
  /** The folder it works in; it may write here and nowhere else that lasts. */
  workingDirectory: string
  /** How many duplex pipes it gets after its standard streams, from descriptor 3 on. */
  extraPipes: number
}

/**
 * How processes are kept apart from this machine and from each other. The one
 * place that knows it: whoever starts a process gets it through here.
 */
export interface Isolation {
  readonly name: 'none' | 'bubblewrap'
  /** Whether Chromium can be expected to build its own sandbox under this isolation. */
  readonly chromiumSandbox: boolean
  spawn(specification: ProcessSpecification): SupervisedProcess
}
