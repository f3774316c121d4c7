import type { Socket } from 'node:net'
import type { Isolation, LoopbackPort, Mount, ProcessSpecification } from './isolation.ts'
import type { SessionLimits } from './session-limits.ts'
import type { SessionWatch } from './session-watch.ts'
import type { SupervisedProcess } from './supervised-process.ts'

/**
 * Bytes of private memory that a program may have mapped beyond what it may
 * use: V8 alone sets 512 MB aside for code, and every thread has a stack.
 */
const mappedBytes = 1024 ** 3

/** The isolation of one session: what starts through it has the session's limits and is watched. */
export class LimitedIsolation implements Isolation {
  readonly name: Isolation['name']
  readonly chromiumSandbox: boolean
  readonly endsWithServer: boolean
  readonly #isolation: Isolation
  readonly #limits: SessionLimits
  readonly #watch: SessionWatch

  constructor(isolation: Isolation, limits: SessionLimits, watch: SessionWatch) {
    this.name = isolation.name
    this.chromiumSandbox = isolation.chromiumSandbox
    this.endsWithServer = isolation.endsWithServer
    this.#isolation = isolation
    this.#limits = limits
    this.#watch = watch
  }

  place(host: string, inside: string): Mount {
    return this.#isolation.place(host, inside)
  }

  makeFolder(path: string, sessionId: string): Promise<void> {
    return this.#isolation.makeFolder(path, sessionId)
  }

  temporaryFolder(host: string): Promise<string> {
    return this.#isolation.temporaryFolder(host)
  }

  openPort(preferred: number, onConnection: (socket: Socket) => void): Promise<LoopbackPort> {
    return this.#isolation.openPort(preferred, onConnection)
  }

  spawn(specification: ProcessSpecification): SupervisedProcess {
    const limited = { ...specification, limits: this.#limit(specification) }
    const process = this.#isolation.spawn(limited)
    this.#watch.add(process, limited)
    return process
  }

  #limit({ role, limits }: ProcessSpecification): ProcessSpecification['limits'] {
    const { browserMemory, kernelMemory, kernelProcesses, diskBytes } = this.#limits
    const memoryBytes = role === 'browser' ? browserMemory : kernelMemory
    const memory = { memoryBytes, dataBytes: memoryBytes + mappedBytes }
    if (role === 'browser') return { ...limits, ...memory }
    return { ...limits, ...memory, processes: kernelProcesses, fileBytes: diskBytes }
  }
}
