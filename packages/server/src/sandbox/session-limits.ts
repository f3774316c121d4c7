/** What a session may use. */
export interface SessionLimits {
  /** Bytes of memory of the browser, and of each kernel, with all of their processes. */
  browserMemory: number
  kernelMemory: number
  /** Processes and threads of each kernel. */
  kernelProcesses: number
  /** Bytes of the work folder. */
  diskBytes: number
  /** Files and folders in it. */
  diskEntries: number
}

/** What of it the operator sets. */
export interface LimitSettings {
  /** Megabytes. */
  readonly browserMemory: number
  /** Megabytes. */
  readonly kernelMemory: number
  readonly kernelProcesses: number
  /** Megabytes. */
  readonly sessionDisk: number
  readonly sessionFiles: number
}

const megabyte = 1024 * 1024

export function sessionLimits(settings: LimitSettings): SessionLimits {
  const { browserMemory, kernelMemory, kernelProcesses, sessionDisk, sessionFiles } = settings
  return {
    browserMemory: browserMemory * megabyte,
    kernelMemory: kernelMemory * megabyte,
    kernelProcesses,
    diskBytes: sessionDisk * megabyte,
    diskEntries: sessionFiles,
  }
}
