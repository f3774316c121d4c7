/** What host and kernel say to each other over the kernel's control pipe. */

/** Host to kernel, before anything else: where its browser is. A kernel with a pipe to it gets none. */
export interface ConnectCommand {
  type: 'connect'
  /** Address of the kernel's own DevTools endpoint. */
  cdpUrl: string
  /** Folder that the browser sees at the same path. */
  downloads: string
}

/** Host to kernel. */
export interface ExecuteCommand {
  type: 'execute'
  code: string
  /** Number of the execution in its session; names it in stack traces. */
  sequence: number
  /** Written to both output streams once the execution is over and its output is complete. */
  fence: string
  /** Pages that the browser has for everybody. The kernel may not have seen all of them yet. */
  pages: number
  /** Target id of the tab that code of another kernel has gone to meanwhile. */
  tab?: string
}

export type KernelCommand = ConnectCommand | ExecuteCommand

/** Kernel to host. */
export type KernelMessage =
  /** The kernel has its page and takes executions. */
  | { type: 'ready' }
  /** It never will. */
  | { type: 'failed'; error: string }
  | ExecutionMessage

/** Kernel to host, after an execution. */
export type ExecutionMessage =
  /** The code ended; `value` is missing when it had none, `exitCode` when it is 0. */
  | ({ type: 'completed'; value?: string; truncated?: boolean; exitCode?: number } & Whereabouts)
  /** The code threw. */
  | ({ type: 'threw'; error: string } & Whereabouts)

interface Whereabouts {
  /** Target id of the tab that the code was on in the end. */
  tab?: string
}

/** Most bytes that an execution keeps of each output stream and of its result. */
export const maximumOutputBytes = 1024 * 1024

/** Most bytes of one message: a result of the greatest length, with every byte escaped. */
export const maximumMessageBytes = 16 * 1024 * 1024

/** Positions of the kernel's pipes among its descriptors. */
export const controlDescriptor = 3
export const cdpDescriptor = 4
/** Ends when the server is gone; nothing is ever written to it. */
export const lifelineDescriptor = 5
