import type { Socket } from 'node:net'
import type { SupervisedProcess } from './supervised-process.ts'

/** A folder or file of this machine, and where a sandboxed process finds it. */
export interface Mount {
  readonly host: string
  readonly inside: string
}

/**
 * A TCP port on a sandboxed process's own loopback interface. The server itself
 * accepts its connections. Open from before the process is ready until its end.
 */
export interface LoopbackPort {
  /** Its number, as the process knows it. */
  readonly port: number
  readonly onConnection: (socket: Socket) => void
  /** Gives it up when no process was started with it; the end of its process does the same. */
  close(): void
}

/** What one process, with all that it starts, may use. */
export interface ProcessLimits {
  /** Processes and threads. */
  processes: number
  openFiles: number
  /** Bytes of the largest file that it may write. */
  fileBytes: number
  /** Bytes of memory of all processes and temporary files together. Default: no limit. */
  memoryBytes?: number
  /** Bytes of private memory that each single process may map. Default: no limit. */
  dataBytes?: number
  /** Bytes of its private temporary folder, which is in memory. */
  temporaryBytes: number
  /** Added to the scheduling priority: from 0 to 19, the greatest gives way to all others. */
  niceness: number
}

/** A process that the server wants to run apart from itself. */
export interface ProcessSpecification {
  /** What it is for, in logs and counters. */
  role: 'browser' | 'kernel'
  /** The session that it belongs to. */
  sessionId: string
  /** As the process sees it, like every path below. */
  command: string
  arguments: string[]
  /** The whole environment: nothing of the server's own is added. */
  environment: Record<string, string>
  workingDirectory: string
  /** What it may read besides the system's own programs and libraries. */
  readable: Mount[]
  /** What it may write, besides its private temporary folder. */
  writable: Mount[]
  /** How many duplex pipes it gets after its standard streams, from descriptor 3 on. */
  extraPipes: number
  ports: LoopbackPort[]
  limits: ProcessLimits
}

/**
 * How processes are kept apart from this machine and from each other. The one
 * place that knows it: whoever starts a process gets it through here.
 */
export interface Isolation {
  readonly name: 'none' | 'bubblewrap'
  /** Whether Chromium can be expected to build its own sandbox under this isolation. */
  readonly chromiumSandbox: boolean
  /** Whether the operating system ends its processes with the server, however that ends. */
  readonly endsWithServer: boolean
  /**
   * Decides where processes find something of this machine.
   *
   * @param inside Where they find it if there is a choice.
   */
  place(host: string, inside: string): Mount
  /**
   * Makes a folder that the processes of a session can write to, once it is
   * among their writable mounts. Its parent must exist.
   */
  makeFolder(path: string, sessionId: string): Promise<void>
  /**
   * Where a process finds a temporary folder of its own.
   *
   * @param host Is made for it if it cannot have one that nobody else sees.
   */
  temporaryFolder(host: string): Promise<string>
  /**
   * A port for one process that is yet to be started.
   *
   * @param preferred Its number if there is a choice.
   */
  openPort(preferred: number, onConnection: (socket: Socket) => void): Promise<LoopbackPort>
  spawn(specification: ProcessSpecification): SupervisedProcess
}
