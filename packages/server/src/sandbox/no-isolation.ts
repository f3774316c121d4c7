import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import type { Isolation, LoopbackPort, Mount, ProcessSpecification } from './isolation.ts'
import { processMark } from './process-tree.ts'
import { SupervisedProcess } from './supervised-process.ts'

/**
 * Plain child processes of the server's own user. Nothing keeps them from the
 * machine's files and network; only their end is sure.
 */
export class NoIsolation implements Isolation {
  readonly name = 'none'
  /** Chromium refuses to build its own sandbox when root starts it. */
  readonly chromiumSandbox: boolean = process.getuid?.() !== 0
  readonly endsWithServer = false
  readonly #owner: string
  readonly #servers = new WeakMap<LoopbackPort, Server>()

  /**
   * @param owner Names this server in the mark of its processes, so that its
   *   next start finds what a killed server left behind.
   */
  constructor(owner: string) {
    this.#owner = owner
  }

  place(host: string, _inside: string): Mount {
    return { host, inside: host }
  }

  async makeFolder(path: string, _sessionId: string): Promise<void> {
    await mkdir(path, { mode: 0o700 })
  }

  async temporaryFolder(host: string): Promise<string> {
    await mkdir(host, { recursive: true, mode: 0o700 })
    return host
  }

  /** On the machine's own loopback interface, where every user of the machine can reach it. */
  async openPort(
    _preferred: number,
    onConnection: (socket: Socket) => void,
  ): Promise<LoopbackPort> {
    const server = createServer(onConnection)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port: number } = server.address() as AddressInfo
    const port: LoopbackPort = { port: number, onConnection, close: () => server.close() }
    this.#servers.set(port, server)
    return port
  }

  spawn(specification: ProcessSpecification): SupervisedProcess {
    const mark = `${this.#owner}:${specification.sessionId}:${randomUUID()}`
    const child = spawn(specification.command, specification.arguments, {
      cwd: specification.workingDirectory,
      env: { ...specification.environment, [processMark]: mark },
      // A process group of its own, so that one signal reaches all of it.
      detached: true,
      stdio: [
        'ignore',
        'pipe',
        'pipe',
        ...Array.from({ length: specification.extraPipes }, () => 'pipe' as const),
      ],
    })
    const servers = specification.ports.flatMap((port) => this.#servers.get(port) ?? [])
    try {
      return SupervisedProcess.adopt({ child, mark, portsOpen: Promise.resolve(servers) })
    } catch (error) {
      for (const server of servers) server.close()
      throw error
    }
  }
}
