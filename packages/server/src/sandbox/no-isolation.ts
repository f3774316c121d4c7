import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Isolation, ProcessSpecification } from './isolation.ts'
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
  readonly #owner: string

  /**
   * @param owner Names this server in the mark of its processes, so that its
   *   next start finds what a killed server left behind.
   */
  constructor(owner: string) {
    this.#owner = owner
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
    return SupervisedProcess.adopt(child, mark)
  }
}
