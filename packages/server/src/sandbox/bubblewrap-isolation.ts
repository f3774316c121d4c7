import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { chown, mkdir } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { type SystemView, sandboxArguments } from './bubblewrap-arguments.ts'
import { initOf } from './bubblewrap-status.ts'
import type { ControlGroup } from './control-group.ts'
import type { ControlGroups } from './control-groups.ts'
import type { Isolation, LoopbackPort, Mount, ProcessSpecification } from './isolation.ts'
import { type MountStage, mountStage } from './mount-stage.ts'
import { receivePorts } from './port-opener.ts'
import { processMark } from './process-tree.ts'
import { SupervisedProcess } from './supervised-process.ts'

export interface BubblewrapOptions {
  /**
   * Names this server in the mark of its processes, so that its next start
   * finds what a killed server left behind.
   */
  owner: string
  /** Path of the bubblewrap program. */
  bwrap: string
  system: SystemView
  /** For a group around each sandbox, where the system has them for this server. */
  controlGroups?: ControlGroups | undefined
}

/** Processes that a sandbox has besides those that it was made for. */
const ownProcesses = 8

/** Joins the control group that is its first argument, and becomes the command. */
const joinScript = 'echo 0 >"$0" && exec "$@"'

/**
 * User ids that neither systemd nor distributions give to anybody
 * (systemd.io/UIDS-GIDS). A server that runs as root starts the sandboxes of a
 * session as one of them.
 */
const firstUserId = 60_578
const userIds = 606

/**
 * Processes in namespaces of their own: they see the system's programs, what
 * their specification names, and nothing else of this machine: no other
 * process, no network but a loopback interface of their own, no user of the
 * machine. Made by bubblewrap, without a daemon and without rights.
 */
export class BubblewrapIsolation implements Isolation {
  readonly name = 'bubblewrap'
  readonly chromiumSandbox = true
  readonly endsWithServer = true
  readonly #options: BubblewrapOptions
  readonly #isRoot = process.getuid?.() === 0

  constructor(options: BubblewrapOptions) {
    this.#options = options
  }

  place(host: string, inside: string): Mount {
    return { host, inside }
  }

  async makeFolder(path: string, sessionId: string): Promise<void> {
    await mkdir(path, { mode: 0o700 })
    const user = this.#userOf(sessionId)
    if (user !== undefined) await chown(path, user, user)
  }

  async temporaryFolder(_host: string): Promise<string> {
    return '/tmp'
  }

  async openPort(preferred: number, onConnection: (socket: Socket) => void): Promise<LoopbackPort> {
    return { port: preferred, onConnection, close() {} }
  }

  spawn(specification: ProcessSpecification): SupervisedProcess {
    const { owner, bwrap, system } = this.#options
    const mark = `${owner}:${specification.sessionId}:${randomUUID()}`
    const pipes = specification.extraPipes
    const statusDescriptor = 3 + pipes
    const gateDescriptor = statusDescriptor + 1
    const channelDescriptor = gateDescriptor + 1
    const hasPorts = specification.ports.length > 0
    const filter = this.#filterFor(specification)
    const filterDescriptor = channelDescriptor + (hasPorts ? 1 : 0)
    const stage = this.#stageFor(specification)
    const group = this.#groupFor(specification)
    const [command, ...arguments_] = [
      ...(group ? ['/bin/sh', '-c', joinScript, group.joinFile] : []),
      ...stage.command,
      stage.pathOf(bwrap),
      ...sandboxArguments({
        specification,
        system,
        statusDescriptor,
        gateDescriptor,
        ...(hasPorts ? { channelDescriptor } : {}),
        ...(filter === undefined ? {} : { filterDescriptor }),
        hostPath: stage.pathOf,
      }),
    ] as [string, ...string[]]
    const filterFile = filter === undefined ? undefined : openSync(filter, 'r')
    const child = spawn(command, arguments_, {
      cwd: '/',
      env: { ...specification.environment, [processMark]: mark },
      // A process group of its own, so that one signal reaches all of it.
      detached: true,
      stdio: [
        'ignore',
        'pipe',
        'pipe',
        ...Array.from({ length: pipes + 2 }, () => 'pipe' as const),
        ...(hasPorts ? (['ipc'] as const) : []),
        ...(filterFile === undefined ? [] : [filterFile]),
      ],
    })
    if (filterFile !== undefined) closeSync(filterFile)
    const portsOpen = hasPorts ? receivePorts(child, specification.ports) : undefined
    return SupervisedProcess.adopt({
      child,
      mark,
      ...(group ? { group } : {}),
      namespaceInit: initOf(child, statusDescriptor, gateDescriptor),
      ...(portsOpen ? { portsOpen } : {}),
    })
  }

  /** For code only: Chromium makes user namespaces for its own sandbox, and filters by itself. */
  #filterFor({ role }: ProcessSpecification): string | undefined {
    return role === 'kernel' ? this.#options.system.filter : undefined
  }

  /** From its first moment on, so that nothing of it is ever outside. */
  #groupFor({ role, limits }: ProcessSpecification): ControlGroup | undefined {
    const { controlGroups } = this.#options
    if (!controlGroups || limits.memoryBytes === undefined) return undefined
    return controlGroups.create({
      memoryBytes: limits.memoryBytes,
      processes: limits.processes + ownProcesses,
      // As with their niceness: pages are waited for, and code may be anything.
      processorWeight: role === 'browser' ? 100 : 50,
      // Of a browser the largest page goes, and the rest only with the browser itself.
      endsTogether: role === 'kernel',
    })
  }

  /** An ordinary user's files are within its own reach. */
  #stageFor({ sessionId, readable, writable }: ProcessSpecification): MountStage {
    const user = this.#userOf(sessionId)
    if (user === undefined) return { command: [], pathOf: (host) => host }
    const { bwrap, system } = this.#options
    const mounts = [...readable, ...writable].map(({ host }) => host)
    const paths = [...mounts, system.directory, system.node, bwrap]
    return mountStage(paths, user, system.tools)
  }

  /** The host's user id that the processes of a session have; undefined for the server's own. */
  #userOf(sessionId: string): number | undefined {
    if (!this.#isRoot) return undefined
    let hash = 0
    for (const character of sessionId) hash = (hash * 31 + character.charCodeAt(0)) % 0x7fffffff
    return firstUserId + (hash % userIds)
  }
}
