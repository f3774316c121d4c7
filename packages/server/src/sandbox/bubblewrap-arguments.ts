import type { Mount, ProcessSpecification } from './isolation.ts'
import type { StageTools } from './mount-stage.ts'
import { portOpenerSource } from './port-opener.ts'

/** What sandboxes see of the system. Made once by `viewSystem`. */
export interface SystemView {
  /** Folders and files that are the same inside. */
  readable: string[]
  /** Symbolic links that are the same inside, such as `/bin` to `usr/bin`. */
  links: { path: string; target: string }[]
  /** Files that are the sandbox's own, such as its list of users. */
  files: Mount[]
  /** Holds those files. */
  directory: string
  /** The file with the filter of system calls for code; undefined where there is none for it. */
  filter: string | undefined
  /** The Node program that opens the ports. */
  node: string
  /** Paths of the programs that a process passes through on its way. */
  tools: StageTools & { prlimit: string; nice: string }
  /** The most that a process may be given of each. */
  ceilings: { processes: number; openFiles: number }
}

/** The user that a process believes to be. */
const insideUserId = '1000'

const portOpenerNode = '/opt/tandem/bin/port-opener-node'

/** Bytes of shared memory, which is apart from the temporary folder. */
const sharedMemoryBytes = 256 * 1024 * 1024

/**
 * When the machine itself runs out of memory, code goes first, then the pages:
 * Chromium gives its renderers 300.
 */
const outOfMemoryScores = { browser: 200, kernel: 800 } as const

export interface SandboxArgumentOptions {
  specification: ProcessSpecification
  system: SystemView
  /** Where bubblewrap says which process is the first of the sandbox. */
  statusDescriptor: number
  /** Where the command says that it is there, and waits for the server's word. */
  gateDescriptor: number
  /** Where the port opener finds its channel; missing when there is nothing to open. */
  channelDescriptor?: number
  /** Where bubblewrap finds the filter of system calls, if there is to be one. */
  filterDescriptor?: number
  /** Where bubblewrap finds a folder or file of the machine. */
  hostPath: (host: string) => string
}

/** The sandbox itself, and in it the command with its limits. */
export function sandboxArguments(options: SandboxArgumentOptions): string[] {
  const { specification, system, filterDescriptor, hostPath } = options
  const { limits, readable, writable } = specification
  const mount = (option: string) => (mounted: Mount) => [
    option,
    hostPath(mounted.host),
    mounted.inside,
  ]
  return [
    ...['--unshare-user', '--uid', insideUserId, '--gid', insideUserId],
    ...['--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-cgroup-try'],
    ...['--unshare-uts', '--hostname', 'tandem'],
    // The environment is not among the arguments, which every user of the machine can read.
    ...['--die-with-parent', '--new-session'],
    ...systemArguments(system),
    ...system.files.flatMap(mount('--ro-bind')),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['--size', String(sharedMemoryBytes), '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...['--perms', '1777', '--size', String(limits.temporaryBytes), '--tmpfs', '/tmp'],
    ...folders(['/opt', '/opt/tandem', '/opt/tandem/bin']),
    ...mount('--ro-bind')({ host: system.node, inside: portOpenerNode }),
    ...readable.flatMap(mount('--ro-bind')),
    ...writable.flatMap(mount('--bind')),
    // What is left of the root itself, such as the folders that hold the mounts.
    ...['--remount-ro', '/'],
    ...['--chdir', specification.workingDirectory],
    ...['--info-fd', String(options.statusDescriptor)],
    ...(filterDescriptor === undefined ? [] : ['--seccomp', String(filterDescriptor)]),
    '--',
    ...launcherArguments(options),
  ]
}

function systemArguments({ readable, links }: SystemView): string[] {
  return [
    ...folders(['/etc', '/var', '/var/cache']),
    ...readable.flatMap((path) => ['--ro-bind', path, path]),
    ...links.flatMap(({ path, target }) => ['--symlink', target, path]),
  ]
}

/** Folders that hold mounts. Those that bubblewrap makes by itself are for their owner alone. */
function folders(paths: string[]): string[] {
  return paths.flatMap((path) => ['--perms', '0755', '--dir', path])
}

/**
 * A shell that asks the server whether to go on, has the ports opened beside
 * the command, gives up what is the server's, sets the limits, and becomes the
 * command. It is there only once bubblewrap has tied the sandbox to the
 * server; of a server that died before, it finds the gate closed.
 */
function launcherArguments(options: SandboxArgumentOptions): string[] {
  const { specification, system, statusDescriptor, gateDescriptor, channelDescriptor } = options
  const { limits, ports } = specification
  const openPorts =
    channelDescriptor === undefined
      ? ''
      : // As a grandchild, so that the command does not find a child that it did not start.
        `(exec ${portOpenerNode} -e "$1" ${ports.map(({ port }) => port).join(' ')} </dev/null >/dev/null 2>&1 ` +
        `${inherited(specification)} &)\n` +
        `exec ${channelDescriptor}>&-\nunset NODE_CHANNEL_FD NODE_CHANNEL_SERIALIZATION_MODE`
  const script = `echo >&${gateDescriptor}
read -r _ <&${gateDescriptor} || exit
exec ${gateDescriptor}>&- ${statusDescriptor}>&-
{ echo ${outOfMemoryScores[specification.role]} >/proc/self/oom_score_adj; } 2>/dev/null
# A file that is too large is an error for whoever writes it, not the end of its process.
trap '' XFSZ
${openPorts}
shift
exec "$@"`
  return [
    ...['/bin/sh', '-c', script, 'sh', portOpenerSource],
    system.tools.prlimit,
    `--nproc=${Math.min(limits.processes, system.ceilings.processes)}`,
    `--nofile=${Math.min(limits.openFiles, system.ceilings.openFiles)}`,
    `--fsize=${limits.fileBytes}`,
    ...(limits.dataBytes === undefined ? [] : [`--data=${limits.dataBytes}`]),
    '--core=0',
    '--',
    ...[system.tools.nice, '-n', String(limits.niceness)],
    specification.command,
    ...specification.arguments,
  ]
}

/** Closes the pipes that are the command's. */
function inherited({ extraPipes }: ProcessSpecification): string {
  return Array.from({ length: extraPipes }, (_, index) => `${3 + index}>&-`).join(' ')
}
