import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Observation, ok, warning } from './finding.ts'

/** What a control group of a session's own can bound. */
const controllers = ['cpu', 'memory', 'pids'] as const

/** Whether the server may make control groups below its own, and with which controllers. */
export async function examineControlGroups(): Promise<Observation> {
  const group = await ownGroup()
  if (group === undefined) {
    return notDelegated(
      'this machine has no cgroup v2',
      'Start it with cgroup v2, as all current distributions do.',
    )
  }
  const files = [group, join(group, 'cgroup.procs'), join(group, 'cgroup.subtree_control')]
  const isWritable = await Promise.all(files.map((path) => access(path, constants.W_OK))).then(
    () => true,
    () => false,
  )
  if (!isWritable)
    return notDelegated(`${group} is not this server's to write`, ...(await delegation()))
  const text = await readFile(join(group, 'cgroup.controllers'), 'utf8')
  const available = text.trim().split(/\s+/)
  const missing = controllers.filter((name) => !available.includes(name))
  if (missing.length === 0) return ok(`cgroup v2 is delegated with ${controllers.join(', ')}`)
  const why = `cgroup v2 is delegated, but without ${missing.join(', ')}`
  return notDelegated(why, ...(await delegation()))
}

function notDelegated(why: string, ...remedy: string[]): Observation {
  return warning(`${why}; the server itself watches what sessions use`, ...remedy)
}

/** The folder of this process's group, or undefined where there is no cgroup v2. */
async function ownGroup(): Promise<string | undefined> {
  const [groups, mounts] = await Promise.all([
    readFile('/proc/self/cgroup', 'utf8').catch(() => ''),
    readFile('/proc/self/mounts', 'utf8').catch(() => ''),
  ])
  const path = /^0::(\/.*)$/m.exec(groups)?.[1]
  const mountPoint = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1]
  if (path === undefined || mountPoint === undefined) return undefined
  // Beside version 1 it is there, but everything that it could bound belongs to that.
  const all = await readFile(join(mountPoint, 'cgroup.controllers'), 'utf8').catch(() => '')
  return controllers.some((name) => all.split(/\s+/).includes(name))
    ? join(mountPoint, path)
    : undefined
}

async function delegation(): Promise<string[]> {
  const hasSystemd = await stat('/run/systemd/system').then(
    () => true,
    () => false,
  )
  if (!hasSystemd) return ['Give this server a control group of its own that it may write to.']
  const isRoot = process.getuid?.() === 0
  return [
    'In the unit of a service: Delegate=yes. For a start by hand:',
    `    systemd-run ${isRoot ? '' : '--user '}--scope --property=Delegate=yes tandem serve`,
  ]
}
